/* The HTTP server of `leakwatch serve`, on libmicrohttpd: one thread, so many clients and no more, none of
 * which can hold up another. */
#pragma once

#include "http_request.h"

/* False, and a line on stderr, if it cannot be started. */
bool server_start(struct server *server);
/* Ends connections whose request does not come to an end. To be called now and then. */
void server_sweep(struct server *server);
/* The table must have been stopped: its waiters are requests. */
void server_stop(struct server *server);
