/* One request, and what it is answered with. */
#pragma once

#include <microhttpd.h>

#include "listen.h"
#include "process_table.h"

enum { CLIENTS_MAX = 96, EVENT_CLIENTS_MAX = 16 };

/* What all requests share. */
struct server {
    struct MHD_Daemon *daemon;
    struct process_table *table;
    const struct push *push; /* NULL: nothing is pushed */
    const struct listener *listener;
    const char *token; /* NULL: none is asked for */
    size_t groups;     /* of a process in the metrics */
    int event_clients;
    struct client *clients;
    pthread_mutex_t clients_lock;
};

/* A connection: how long it has been without a whole request, or in one. */
struct client {
    int fd;
    uint64_t since; /* CLOCK_MONOTONIC ns */
    bool busy;      /* with a request */
    bool lasting;   /* as long as it likes: events, profiles of a span */
    struct client *next;
};

/* A request, and who waits for a look because of it. */
struct request {
    struct waiter waiter; /* first: it is cast from */
    struct server *server;
    struct MHD_Connection *connection;
    struct client *client;
    int stage;           /* looks waited for */
    struct sample *base; /* of a profile of a span */
};

/* Puts a request aside until the next look that begins at due or later. */
enum MHD_Result request_wait(struct request *request, uint64_t due);

/* A response of bytes, which are taken (from malloc). */
enum MHD_Result respond(struct request *request, unsigned status, const char *type, void *bytes, size_t size);
/* {"error": ..., "status": ...} */
enum MHD_Result respond_error(struct request *request, unsigned status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Who may ask (guard.c): 0, or the status to refuse with, and why. */
unsigned guard_refuses(const struct request *request, const char **why);
