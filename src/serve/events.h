/* The stream of events. */
#pragma once

#include "http_request.h"

/* Answers a request with the table of processes after each look, for as long as the client listens. */
enum MHD_Result events_begin(struct request *request);
