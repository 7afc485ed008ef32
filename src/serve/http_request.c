#include "http_request.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void resume(struct waiter *waiter) {
    struct request *request = (struct request *)waiter;
    MHD_resume_connection(request->connection);
}

enum MHD_Result request_wait(struct request *request, uint64_t due) {
    request->stage++;
    request->waiter = (struct waiter){.due = due, .done = resume};
    MHD_suspend_connection(request->connection);
    process_table_wait(request->server->table, &request->waiter);
    return MHD_YES;
}

static enum MHD_Result queue(struct request *request, unsigned status, const char *type,
                             struct MHD_Response *response) {
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, "Content-Type", type);
    MHD_add_response_header(response, "Cache-Control", "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
    MHD_add_response_header(
        response, "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; "
        "img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
    if (status == MHD_HTTP_UNAUTHORIZED)
        MHD_add_response_header(response, "WWW-Authenticate", "Bearer realm=\"leakwatch\"");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, "Allow", "GET, HEAD");
    /* A browser that came with the token in the address keeps it as a cookie: event streams send no headers.
     */
    const char *token = MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, "token");
    if (token && request->server->token && strcmp(token, request->server->token) == 0) {
        char cookie[512];
        snprintf(cookie, sizeof cookie, "leakwatch=%.400s; HttpOnly; SameSite=Strict", token);
        MHD_add_response_header(response, "Set-Cookie", cookie);
    }
    enum MHD_Result result = MHD_queue_response(request->connection, status, response);
    MHD_destroy_response(response);
    return result;
}

enum MHD_Result respond(struct request *request, unsigned status, const char *type, void *bytes,
                        size_t size) {
    return queue(request, status, type, MHD_create_response_from_buffer(size, bytes, MHD_RESPMEM_MUST_FREE));
}

enum MHD_Result respond_error(struct request *request, unsigned status, const char *format, ...) {
    char why[512];
    va_list rest;
    va_start(rest, format);
    vsnprintf(why, sizeof why, format, rest);
    va_end(rest);
    json_t *object = json_pack("{s:s, s:i}", "error", why, "status", (int)status);
    char *words = object ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    return words ? respond(request, status, "application/json", words, strlen(words)) : MHD_NO;
}
