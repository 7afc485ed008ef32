/* leakwatch-serve, which is `leakwatch serve`: the watched processes of a machine over HTTP: a page, metrics,
 * profiles, JSON. */
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "push.h"
#include "secret.h"
#include "server.h"
#include "tool/tool.h"

static const struct secret_form token_form = {
    8, 400, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~",
    "a token is 8 to 400 letters, digits, and -._~"};

/* The files of every watched program are held open: the usual soft limit of 1024 is for select(2), which
 * nobody calls here. */
static void allow_files(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* Until it is told to end. */
static void await_end(struct server *server, const sigset_t *ending) {
    const struct timespec second = {.tv_sec = 1};
    while (sigtimedwait(ending, NULL, &second) < 0)
        server_sweep(server);
}

static int serve(const struct settings *settings, const struct listener *listener, const char *token,
                 struct push *push) {
    struct process_table table;
    struct server server = {
        .table = &table, .push = push, .listener = listener, .token = token, .groups = (size_t)settings->top};
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ending, NULL); /* in the other threads too */
    signal(SIGPIPE, SIG_IGN);
    allow_files();
    if (!process_table_start(&table, settings, settings->interval))
        return TOOL_FAILED;
    bool serves = server_start(&server), started = serves;
    if (serves) {
        complain("serving at %s", listener->address);
        started = push_start(push, &table);
    }
    if (started)
        await_end(&server, &ending);
    push_stop(push);
    process_table_stop(&table);
    if (serves)
        server_stop(&server);
    process_table_drop(&table);
    return started ? TOOL_OK : TOOL_FAILED;
}

int main(int count, char **arguments) {
    static const struct usage usage = {
        .command = IN_SERVE,
        .name = "serve",
        .synopsis = "[OPTIONS]",
        .about =
            "Serves the watched processes of this user, for root those of everybody: a page at /, metrics "
            "for "
            "Prometheus at\n"
            "/metrics, profiles for go tool pprof at /debug/pprof/threads?pid=PID, JSON below /api/v1/.\n",
        .statuses = STATUSES};
    struct settings settings;
    struct listener listener;
    struct push *push;
    int status = settings_parse(&settings, &usage, count, arguments);
    if (status >= 0)
        return status;
    char why[WATCHED_WHY];
    if (!watched_sees(why)) {
        complain("serve: %s", why);
        return TOOL_FAILED;
    }
    char *token = settings.token[0] ? secret_read("token", settings.token, &token_form) : NULL;
    if (settings.token[0] && !token)
        return TOOL_USAGE;
    if (!push_prepare(&push, &settings))
        return TOOL_USAGE;
    if (!listen_at(&listener, settings.listen))
        return TOOL_FAILED;
    if (listener.is_public && !token && !settings.behind_tls) {
        complain("serve: %s can be reached from other machines: give --token FILE, or --behind-tls if "
                 "something that "
                 "speaks TLS and knows who may ask stands in front",
                 listener.address);
        status = TOOL_USAGE;
    } else {
        status = serve(&settings, &listener, token, push);
    }
    listen_end(&listener);
    push_drop(push);
    free(token);
    settings_drop(&settings);
    return status;
}
