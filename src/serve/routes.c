#include "routes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "documents.h"
#include "events.h"
#include "metrics.h"
#include "render/page/assets.h"
#include "render/pprof.h"
#include "render/view_data.h"

static const char *argument(const struct request *request, const char *key) {
    return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, key);
}

/* A number from 0 to most; fallback if the argument is not there; -1 if it is none. */
static long number_argument(const struct request *request, const char *key, long most, long fallback) {
    const char *words = argument(request, key);
    char *end;
    if (!words)
        return fallback;
    errno = 0;
    long number = strtol(words, &end, 10);
    return words[0] && *end == '\0' && errno == 0 && number >= 0 && number <= most ? number : -1;
}

static enum MHD_Result respond_json(struct request *request, json_t *document) {
    char *words = document ? json_dumps(document, JSON_COMPACT) : NULL;
    json_decref(document);
    return words ? respond(request, MHD_HTTP_OK, "application/json", words, strlen(words))
                 : respond_error(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "no memory");
}

static enum MHD_Result respond_rendered(struct request *request, const char *type, const struct sample *look,
                                        render_function *format) {
    size_t size;
    char *words = work_render(&look->work, format, &size);
    return words ? respond(request, MHD_HTTP_OK, type, words, size)
                 : respond_error(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "no memory");
}

static enum MHD_Result serve_asset(struct request *request, const char *type, const char *bytes,
                                   size_t size) {
    char *copy = malloc(size + 1);
    return copy ? respond(request, MHD_HTTP_OK, type, memcpy(copy, bytes, size), size) : MHD_NO;
}

#define ASSET(name, type, bytes)                                                     \
    static enum MHD_Result serve_##name(struct request *request, const char *rest) { \
        (void)rest;                                                                  \
        return serve_asset(request, type "; charset=utf-8", bytes, bytes##_size);    \
    }
ASSET(page, "text/html", asset_serve_html)
ASSET(script, "text/javascript", asset_serve_js)
ASSET(report_script, "text/javascript", asset_report_js)
ASSET(style, "text/css", asset_report_css)

/* Healthy is who has time to answer; whether programs do is in the metrics. */
static const char well[] = "ok\n";
enum { well_size = sizeof well - 1 };
ASSET(health, "text/plain", well)

static enum MHD_Result serve_events(struct request *request, const char *rest) {
    (void)rest;
    return events_begin(request);
}

static enum MHD_Result serve_metrics(struct request *request, const char *rest) {
    const char *accept = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, "Accept");
    bool open_metrics = accept && strstr(accept, "application/openmetrics-text");
    char *words = NULL;
    size_t size;
    FILE *out = open_memstream(&words, &size);
    (void)rest;
    if (!out)
        return MHD_NO;
    metrics_put(out, request->server->table, request->server->push, open_metrics, request->server->groups);
    if (fclose(out) != 0)
        return MHD_NO;
    return respond(request, MHD_HTTP_OK,
                   open_metrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                : "text/plain; version=0.0.4; charset=utf-8",
                   words, size);
}

/* The member that is named, with at least one look; else the error is queued, and *result set. */
static struct member *member_of(struct request *request, long pid, enum MHD_Result *result) {
    struct member *member = pid > 0 ? process_table_find(request->server->table, (int)pid) : NULL;
    if (!member)
        *result = respond_error(request, MHD_HTTP_NOT_FOUND, "no watched process %ld is known", pid);
    else if (!member->latest)
        *result = respond_error(request, MHD_HTTP_SERVICE_UNAVAILABLE, "process %ld: %s", pid,
                                member->error[0] ? member->error : "not looked at yet");
    else
        return member;
    return NULL;
}

static enum MHD_Result serve_processes(struct request *request, const char *rest) {
    enum MHD_Result result;
    if (rest[0] == '\0')
        return respond_json(request, document_processes(request->server->table));
    char *end;
    long pid = strtol(rest, &end, 10);
    if (end == rest || (*end && *end != '/'))
        return respond_error(request, MHD_HTTP_NOT_FOUND, "'%.40s' is not the number of a process", rest);
    if (*end == '\0') {
        struct member *member =
            pid > 0 && pid <= INT32_MAX ? process_table_find(request->server->table, (int)pid) : NULL;
        return member ? respond_json(request, document_process(member))
                      : respond_error(request, MHD_HTTP_NOT_FOUND, "no watched process %ld is known", pid);
    }
    bool report = strcmp(end, "/report") == 0, view = strcmp(end, "/view") == 0;
    if (!report && !view)
        return respond_error(request, MHD_HTTP_NOT_FOUND,
                             "of a process there are report and view, not '%.40s'", end + 1);
    struct member *member = member_of(request, pid, &result);
    if (!member)
        return result;
    if (report)
        return respond_rendered(request, "application/json", member->latest, render_json);
    return respond_json(request,
                        view_data(member->latest->work.analysis, member->latest->work.symbols, false));
}

static enum MHD_Result serve_pprof_index(struct request *request, const char *rest) {
    const struct process_table *table = request->server->table;
    char *words = NULL;
    size_t size;
    if (rest[0])
        return respond_error(request, MHD_HTTP_NOT_FOUND, "there is no profile '%.40s': threads", rest);
    FILE *out = open_memstream(&words, &size);
    if (!out)
        return MHD_NO;
    fputs("profiles: threads?pid=PID[&debug=0|1|2][&seconds=N]\n\n", out);
    for (size_t i = 0; i < table->count; i++)
        if (!table->members[i]->ended)
            fprintf(out, "threads?pid=%d  %s\n", table->members[i]->watched.pid,
                    table->members[i]->watched.name);
    fclose(out);
    return respond(request, MHD_HTTP_OK, "text/plain; charset=utf-8", words, size);
}

/* Where only one process is watched, it need not be named. */
static long pid_of(const struct request *request) {
    const struct process_table *table = request->server->table;
    long only = 0;
    if (argument(request, "pid"))
        return number_argument(request, "pid", INT32_MAX, 0);
    for (size_t i = 0; i < table->count; i++)
        if (!table->members[i]->ended)
            only = only ? -1 : table->members[i]->watched.pid;
    return only;
}

static enum MHD_Result respond_delta(struct request *request, const struct sample *base,
                                     const struct sample *latest) {
    char *bytes = NULL;
    size_t size;
    FILE *out = open_memstream(&bytes, &size);
    if (!out)
        return MHD_NO;
    pprof_put(out, latest->work.analysis, latest->work.symbols, base->work.analysis, base->work.symbols);
    fclose(out);
    return respond(request, MHD_HTTP_OK, "application/octet-stream", bytes, size);
}

static enum MHD_Result serve_threads(struct request *request, const char *rest) {
    enum { SECONDS_MAX = 300 };
    enum MHD_Result result;
    long debug = number_argument(request, "debug", 2, 0),
         seconds = number_argument(request, "seconds", SECONDS_MAX, 0);
    (void)rest;
    if (debug < 0)
        return respond_error(request, MHD_HTTP_BAD_REQUEST, "debug is 0, 1 or 2");
    if (seconds < 0)
        return respond_error(request, MHD_HTTP_BAD_REQUEST, "seconds is a number up to %d", SECONDS_MAX);
    if (seconds > 0 && debug > 0)
        return respond_error(request, MHD_HTTP_BAD_REQUEST, "seconds goes with debug=0 only");
    long pid = pid_of(request);
    if (pid <= 0)
        return respond_error(request, MHD_HTTP_BAD_REQUEST,
                             pid ? "several processes are served: pid=PID names one"
                                 : "no process is served");
    struct member *member = member_of(request, pid, &result);
    if (!member)
        return result;
    if (request->base)
        return respond_delta(request, request->base, member->latest);
    if (seconds > 0) {
        request->base = sample_keep(member->latest);
        if (request->client)
            request->client->lasting = true;
        uint64_t due = clock_now() + (uint64_t)seconds * 1000000000u;
        pthread_mutex_unlock(&request->server->table->lock); /* taken by who waits; given back by route */
        result = request_wait(request, due);
        pthread_mutex_lock(&request->server->table->lock);
        return result;
    }
    render_function *const formats[] = {render_pprof, render_profile, render_text};
    return respond_rendered(request, debug == 0 ? "application/octet-stream" : "text/plain; charset=utf-8",
                            member->latest, formats[debug]);
}

static const struct {
    const char *path;
    bool prefix; /* more may follow */
    bool fresh;  /* wants a look no older than the interval, and the lock */
    enum MHD_Result (*serve)(struct request *request, const char *rest);
} routes[] = {
    {"/", false, false, serve_page},
    {"/serve.js", false, false, serve_script},
    {"/report.js", false, false, serve_report_script},
    {"/report.css", false, false, serve_style},
    {"/healthz", false, false, serve_health},
    {"/metrics", false, true, serve_metrics},
    {"/api/v1/events", false, false, serve_events},
    {"/api/v1/processes", false, true, serve_processes},
    {"/api/v1/processes/", true, true, serve_processes},
    {"/debug/pprof/threads", false, true, serve_threads},
    {"/debug/pprof/", true, true, serve_pprof_index},
};

enum MHD_Result route(struct request *request, const char *url) {
    struct process_table *table = request->server->table;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        size_t length = strlen(routes[i].path);
        if (strncmp(url, routes[i].path, length) != 0 || (url[length] && !routes[i].prefix))
            continue;
        if (!routes[i].fresh)
            return routes[i].serve(request, url + length);
        pthread_mutex_lock(&table->lock);
        bool waits = request->stage == 0 && !process_table_is_fresh(table) && !table->stopping;
        enum MHD_Result result = waits ? MHD_YES : routes[i].serve(request, url + length);
        pthread_mutex_unlock(&table->lock);
        return waits ? request_wait(request, clock_now()) : result;
    }
    return respond_error(request, MHD_HTTP_NOT_FOUND, "there is nothing at %.100s", url);
}
