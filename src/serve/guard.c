/* Who may ask: where a token is wanted, who has it; else who comes by a name that is this machine's, so that
 * no page of another site, whose name was made to point here, can. */
#include <stdlib.h>
#include <string.h>

#include "http_request.h"

/* Takes as long whatever differs. */
static bool is_token(const char *token, const char *given, size_t length) {
    size_t size = strlen(token);
    unsigned char differs = size != length;
    for (size_t i = 0; i < size; i++)
        differs |= (unsigned char)(token[i] ^ (i < length ? given[i] : 0));
    return differs == 0;
}

static bool has_token(const struct request *request) {
    static const char bearer[] = "Bearer ";
    const char *token = request->server->token;
    struct MHD_Connection *connection = request->connection;
    const char *header = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
    const char *argument = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "token");
    const char *cookie = MHD_lookup_connection_value(connection, MHD_COOKIE_KIND, "leakwatch");
    if (header && strncmp(header, bearer, sizeof bearer - 1) == 0 &&
        is_token(token, header + sizeof bearer - 1, strlen(header + sizeof bearer - 1)))
        return true;
    return (argument && is_token(token, argument, strlen(argument))) ||
           (cookie && is_token(token, cookie, strlen(cookie)));
}

static bool is_this_machine(const char *host) {
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t length = strlen(names[i]);
        if (strncasecmp(host, names[i], length) == 0 && (host[length] == ':' || host[length] == '\0'))
            return true;
    }
    return false;
}

unsigned guard_refuses(const struct request *request, const char **why) {
    const struct server *server = request->server;
    if (server->token) {
        *why = "a token is wanted: Authorization: Bearer TOKEN, or ?token=TOKEN";
        return has_token(request) ? 0 : MHD_HTTP_UNAUTHORIZED;
    }
    const char *host = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, "Host");
    *why = "this server answers to localhost and 127.0.0.1 only";
    return server->listener->is_public || server->listener->path || !host || is_this_machine(host)
               ? 0
               : MHD_HTTP_FORBIDDEN;
}
