/* A client that reads slowly misses some events; nothing is kept for it. */
#include "events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "documents.h"

struct stream {
    struct waiter waiter; /* first: it is cast from */
    struct server *server;
    struct MHD_Connection *connection;
    uint64_t told; /* looks, as of the latest event */
    char *event;   /* that is being sent; NULL: none */
    size_t size, sent;
};

static void resume(struct waiter *waiter) {
    MHD_resume_connection(((struct stream *)waiter)->connection);
}

static void wait_for_news(struct stream *stream) {
    struct process_table *table = stream->server->table;
    pthread_mutex_lock(&table->lock);
    uint64_t due = table->looked ? table->looked + table->interval : clock_now();
    pthread_mutex_unlock(&table->lock);
    stream->waiter = (struct waiter){.due = due, .done = resume};
    MHD_suspend_connection(stream->connection);
    process_table_wait(table, &stream->waiter);
}

static void compose(struct stream *stream) {
    struct process_table *table = stream->server->table;
    pthread_mutex_lock(&table->lock);
    if (stream->told != table->looks) {
        stream->told = table->looks;
        json_t *document = document_processes(table);
        char *words = document ? json_dumps(document, JSON_COMPACT) : NULL;
        json_decref(document);
        int length = words ? asprintf(&stream->event, "event: processes\ndata: %s\n\n", words) : -1;
        free(words);
        if (length < 0)
            stream->event = NULL;
        stream->size = stream->event ? (size_t)length : 0;
        stream->sent = 0;
    }
    pthread_mutex_unlock(&table->lock);
}

static ssize_t next_bytes(void *context, uint64_t position, char *into, size_t room) {
    struct stream *stream = context;
    (void)position;
    if (stream->server->table->stopping)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (!stream->event)
        compose(stream);
    if (!stream->event) {
        wait_for_news(stream);
        return 0;
    }
    size_t left = stream->size - stream->sent, count = left < room ? left : room;
    memcpy(into, stream->event + stream->sent, count);
    stream->sent += count;
    if (stream->sent == stream->size) {
        free(stream->event);
        stream->event = NULL;
    }
    return (ssize_t)count;
}

static void drop(void *context) {
    struct stream *stream = context;
    __atomic_fetch_sub(&stream->server->event_clients, 1, __ATOMIC_ACQ_REL);
    free(stream->event);
    free(stream);
}

enum MHD_Result events_begin(struct request *request) {
    struct server *server = request->server;
    if (__atomic_add_fetch(&server->event_clients, 1, __ATOMIC_ACQ_REL) > EVENT_CLIENTS_MAX) {
        __atomic_fetch_sub(&server->event_clients, 1, __ATOMIC_ACQ_REL);
        return respond_error(request, MHD_HTTP_SERVICE_UNAVAILABLE, "%d clients listen to events already",
                             EVENT_CLIENTS_MAX);
    }
    struct stream *stream = calloc(1, sizeof *stream);
    struct MHD_Response *response = NULL;
    if (stream) {
        *stream = (struct stream){.server = server, .connection = request->connection};
        response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 16 * 1024, next_bytes, stream, drop);
    }
    if (!response) {
        free(stream);
        __atomic_fetch_sub(&server->event_clients, 1, __ATOMIC_ACQ_REL);
        return MHD_NO;
    }
    if (request->client)
        request->client->lasting = true;
    MHD_add_response_header(response, "Content-Type", "text/event-stream");
    MHD_add_response_header(response, "Cache-Control", "no-store");
    enum MHD_Result result = MHD_queue_response(request->connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}
