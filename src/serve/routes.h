/* What is at which address. */
#pragma once

#include "http_request.h"

/* Answers a request that may be answered. */
enum MHD_Result route(struct request *request, const char *url);
