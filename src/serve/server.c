#include "server.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "routes.h"
#include "tool/tool.h"

/* libmicrohttpd has called it by two names. */
enum { TOO_LARGE = 413 };
/* Seconds. Memory is of one connection: request line, headers and what is answered from a buffer. */
enum { REQUEST_LIMIT = 10, ANSWER_LIMIT = 120, IDLE_LIMIT = 15, MEMORY = 32 * 1024 };

static void on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode what) {
    struct server *server = context;
    pthread_mutex_lock(&server->clients_lock);
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        struct client *client = calloc(1, sizeof *client);
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        if (client && info) {
            *client = (struct client){.fd = info->connect_fd, .since = clock_now(), .next = server->clients};
            server->clients = client;
        }
        *socket_context = client;
    } else {
        for (struct client **at = &server->clients; *at; at = &(*at)->next)
            if (*at == *socket_context) {
                *at = (*at)->next;
                break;
            }
        free(*socket_context);
    }
    pthread_mutex_unlock(&server->clients_lock);
}

static void note(struct request *request, bool busy) {
    if (!request->client)
        return;
    pthread_mutex_lock(&request->server->clients_lock);
    request->client->busy = busy;
    request->client->lasting = false;
    request->client->since = clock_now();
    pthread_mutex_unlock(&request->server->clients_lock);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **request_context,
                         enum MHD_RequestTerminationCode how) {
    struct server *server = context;
    struct request *request = *request_context;
    (void)connection, (void)how;
    if (!request)
        return;
    pthread_mutex_lock(&server->table->lock);
    sample_drop(request->base);
    pthread_mutex_unlock(&server->table->lock);
    note(request, false);
    free(request);
    *request_context = NULL;
}

/* A client that sends a byte now and then never looks idle: what counts is how long it takes for a whole
 * request. */
void server_sweep(struct server *server) {
    uint64_t now = clock_now();
    pthread_mutex_lock(&server->clients_lock);
    for (struct client *client = server->clients; client; client = client->next) {
        uint64_t limit = client->busy ? ANSWER_LIMIT : REQUEST_LIMIT;
        if (!client->lasting && now - client->since > limit * 1000000000u)
            shutdown(client->fd, SHUT_RDWR);
    }
    pthread_mutex_unlock(&server->clients_lock);
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **request_context) {
    struct server *server = context;
    struct request *request = *request_context;
    (void)version, (void)upload;
    if (!request) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
        request = *request_context = calloc(1, sizeof *request);
        if (!request)
            return MHD_NO;
        request->server = server;
        request->connection = connection;
        request->client = info ? info->socket_context : NULL;
        note(request, true);
        if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
            return respond_error(request, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD are served");
        const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");
        if ((length && strcmp(length, "0") != 0) ||
            MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Transfer-Encoding"))
            return respond_error(request, TOO_LARGE, "a request has no body here");
        return MHD_YES;
    }
    if (*upload_size > 0) {
        *upload_size = 0;
        return MHD_YES;
    }
    const char *why;
    unsigned refused = guard_refuses(request, &why);
    return refused ? respond_error(request, refused, "%s", why) : route(request, url);
}

static void log_nothing(void *context, const char *format, va_list rest) {
    (void)context, (void)format, (void)rest; /* what clients do wrong is theirs */
}

bool server_start(struct server *server) {
    pthread_mutex_init(&server->clients_lock, NULL);
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | MHD_USE_ERROR_LOG, 0, NULL,
        NULL, handle, server, MHD_OPTION_EXTERNAL_LOGGER, log_nothing, NULL, MHD_OPTION_LISTEN_SOCKET,
        server->listener->fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CLIENTS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_LIMIT, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)MEMORY, MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, server, MHD_OPTION_END);
    if (!server->daemon)
        complain("serve: the HTTP server cannot be started");
    return server->daemon;
}

void server_stop(struct server *server) {
    MHD_stop_daemon(server->daemon); /* closes the listening socket */
}
