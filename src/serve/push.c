#include "push.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "push_server.h"
#include "render/formats.h"
#include "render/json_text.h"
#include "tool/tool.h"

struct push {
    struct waiter waiter; /* first: it is cast from */
    struct push_options options;
    struct process_table *table;
    struct transport *transport;
    struct push_server *servers; /* as many as there are targets */
    size_t opened;
    pthread_t pusher;
    bool started;
    atomic_bool stopping, looked; /* the look that was waited for has been taken */
    bool waiting;                 /* for a look */
    uint64_t due;                 /* when the next profiles are; CLOCK_MONOTONIC ns */
    bool gathering;               /* one process after the other */
    int gathered;                 /* the number of the latest */
};

static void on_look(struct waiter *waiter) {
    struct push *push = (struct push *)waiter;
    push->looked = true;
    transport_wake(push->transport);
}

/* As who scrapes does: what is younger than --interval is new enough. */
static void ask_for_a_look(struct push *push, uint64_t now) {
    struct process_table *table = push->table;
    push->due = now + push->options.settings->push_interval;
    push->waiting = true;
    pthread_mutex_lock(&table->lock);
    push->looked = process_table_is_fresh(table);
    pthread_mutex_unlock(&table->lock);
    if (push->looked)
        return;
    push->waiter = (struct waiter){.due = now, .done = on_look};
    process_table_wait(table, &push->waiter);
}

/* The next living process whose latest sample is not on its way yet. Under the lock. */
static struct member *next_member(struct push *push) {
    struct member *next = NULL;
    for (size_t i = 0; i < push->table->count; i++) {
        struct member *member = push->table->members[i];
        int pid = member->watched.pid;
        if (!member->ended && member->latest && !member->latest->pushed && pid > push->gathered &&
            (!next || pid < next->watched.pid))
            next = member;
    }
    return next;
}

/* The process's own labels; what the user says comes last, and counts. */
static json_t *labels_of(const struct push *push, const struct member *member) {
    json_t *labels = json_object();
    json_object_set_new(labels, "program", json_text(member->watched.name));
    json_object_set_new(labels, "pid", json_sprintf("%d", member->watched.pid));
    if (json_object_update(labels, push->options.labels) == 0)
        return labels;
    json_decref(labels);
    return NULL;
}

static struct push_profile *profile_of(const struct push *push, struct member *member) {
    size_t size;
    char *pprof = work_render(&member->latest->work, render_pprof, &size);
    member->latest->pushed = true;
    if (pprof && size == 0) { /* what went wrong has been said */
        free(pprof);
        return NULL;
    }
    return push_profile_make(pprof, size, pprof ? labels_of(push, member) : NULL, member->watched.pid,
                             member->watched.name);
}

/* One process at a time, so that what has been gathered is sent on, and others come to the table, before the next. */
static void gather_one(struct push *push) {
    struct push_profile *profile = NULL;
    pthread_mutex_lock(&push->table->lock);
    struct member *member = next_member(push);
    if (member) {
        push->gathered = member->watched.pid;
        profile = profile_of(push, member);
    }
    pthread_mutex_unlock(&push->table->lock);
    push->gathering = member;
    for (size_t i = 0; profile && i < push->opened; i++)
        push_server_put(&push->servers[i], profile);
    push_profile_drop(profile);
}

static void go_on(struct push *push) {
    uint64_t now = clock_now();
    if (!push->waiting && !push->gathering && now >= push->due)
        ask_for_a_look(push, now);
    if (push->waiting && push->looked) {
        push->waiting = false;
        push->looked = false;
        push->gathering = true;
        push->gathered = 0;
    }
    if (push->gathering)
        gather_one(push);
    uint64_t next = push->gathering ? now : push->waiting ? UINT64_MAX : push->due;
    for (size_t i = 0; i < push->opened; i++) {
        uint64_t at = push_server_go_on(&push->servers[i], now);
        next = at < next ? at : next;
    }
    now = clock_now();
    transport_run(push->transport, next > now ? next - now : 0);
}

static void *push_on(void *argument) {
    struct push *push = argument;
    while (!push->stopping)
        go_on(push);
    return NULL;
}

/* Options that do nothing by themselves. */
static bool is_alone(const struct settings *settings) {
    const char *option = settings->push_token_file[0]      ? "token-file"
                         : settings->push_user[0]          ? "user"
                         : settings->push_password_file[0] ? "password-file"
                         : settings->push_ca_file[0]       ? "ca-file"
                         : settings->push_label.count      ? "label"
                                                           : NULL;
    if (option)
        complain("serve: --push-%s: it goes with --push only", option);
    return option;
}

static bool open_servers(struct push *push) {
    const struct push_options *options = &push->options;
    push->transport = transport_open();
    push->servers = push->transport ? needed(calloc(options->count, sizeof *push->servers)) : NULL;
    for (; push->servers && push->opened < options->count; push->opened++)
        if (!push_server_open(&push->servers[push->opened], &options->targets[push->opened], &push->options,
                              push->transport))
            needed(NULL);
    return push->servers;
}

bool push_prepare(struct push **push, const struct settings *settings) {
    *push = NULL;
    if (settings->push.count == 0)
        return !is_alone(settings);
    *push = needed(calloc(1, sizeof **push));
    if (push_options_read(&(*push)->options, settings) && open_servers(*push))
        return true;
    push_drop(*push);
    *push = NULL;
    return false;
}

bool push_start(struct push *push, struct process_table *table) {
    if (!push)
        return true;
    push->table = table;
    push->started = pthread_create(&push->pusher, NULL, push_on, push) == 0;
    if (!push->started)
        complain("serve: --push: cannot create a thread");
    return push->started;
}

void push_stop(struct push *push) {
    if (!push || !push->started)
        return;
    push->stopping = true;
    transport_wake(push->transport);
    pthread_join(push->pusher, NULL);
}

void push_drop(struct push *push) {
    if (!push)
        return;
    for (size_t i = 0; i < push->opened; i++)
        push_server_close(&push->servers[i]);
    if (push->transport)
        transport_close(push->transport);
    free(push->servers);
    push_options_drop(&push->options);
    free(push);
}

size_t push_servers(const struct push *push) {
    return push ? push->opened : 0;
}

struct push_told push_tell(const struct push *push, size_t server) {
    const struct push_server *one = &push->servers[server];
    return (struct push_told){.kind = one->target->kind->name,
                              .url = one->target->url,
                              .sent = one->sent,
                              .failed = one->failed,
                              .dropped = one->queue.dropped,
                              .bytes = one->bytes,
                              .waiting = one->queue.count,
                              .waiting_bytes = one->queue.bytes,
                              .last_success = (double)one->last_success_ms / 1e3};
}
