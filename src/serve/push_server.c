#include "push_server.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "push_words.h"
#include "tool/process/monotonic.h"
#include "tool/tool.h"

#define SECOND UINT64_C(1000000000)
/* Pauses between attempts: from the first to the longest, each twice the one before. What a server asks for by Retry-After counts, up to an hour. */
#define FIRST_PAUSE   SECOND
#define LONGEST_PAUSE (120 * SECOND)
#define LONGEST_WISH  (3600 * SECOND)
/* Who fails every now and then is told of once a minute at most. */
#define TOLD_AGAIN (60 * SECOND)

/* From 0 to below `below`, so that not all that one server was too much for come again at once. */
static uint64_t any(uint64_t below) {
    uint64_t number = 0;
    if (getrandom(&number, sizeof number, GRND_NONBLOCK) != sizeof number)
        number = clock_now();
    return below ? number % below : 0;
}

static void back_off(struct push_server *server, uint64_t wish) {
    server->pause = server->pause ? 2 * server->pause : FIRST_PAUSE;
    if (server->pause > LONGEST_PAUSE)
        server->pause = LONGEST_PAUSE;
    uint64_t pause = server->pause / 2 + any(server->pause / 2);
    if (wish > LONGEST_WISH)
        wish = LONGEST_WISH;
    if (pause < wish)
        pause = wish + any(wish / 10);
    server->not_before = clock_now() + pause;
}

static void on_failure(struct push_server *server, const struct answer *answer) {
    uint64_t now = clock_now();
    server->failed++;
    if (server->pause == 0) {
        server->failing_since = now;
        server->dropped_then = server->queue.dropped;
    }
    back_off(server, answer->retry_after);
    if (answer->status == 401 || answer->status == 403)
        push_credentials_renew(&server->options->credentials);
    if (server->failure_told || (server->told_at && now - server->told_at < TOLD_AGAIN))
        return;
    char why[WORDS_ROOM];
    server->failure_told = true;
    server->told_at = now;
    complain("serve: --push %s=%s: %s; it is tried again, and up to %zu KiB of profiles wait",
             server->target->kind->name, server->target->url,
             push_words_of(answer, &server->options->credentials, why), server->queue.most / 1024);
}

/* This one profile will never be taken. */
static void on_refusal(struct push_server *server, const struct answer *answer) {
    struct push_profile *profile = push_queue_oldest(&server->queue);
    server->failed++;
    server->queue.dropped++;
    if (!server->refusal_told) {
        char why[WORDS_ROOM];
        server->refusal_told = true;
        complain("serve: --push %s=%s: a profile of %s (%d) is refused: %s; such are dropped, and not told "
                 "of again",
                 server->target->kind->name, server->target->url, profile->program, profile->pid,
                 push_words_of(answer, &server->options->credentials, why));
    }
    push_queue_take_off(&server->queue);
}

static void on_success(struct push_server *server) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    server->last_success_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    server->sent++;
    server->bytes += server->body_size;
    push_queue_take_off(&server->queue);
}

static void on_end_of_failure(struct push_server *server) {
    if (server->failure_told)
        complain("serve: --push %s=%s: it answers again, after %.0f s; %" PRIu64
                 " profiles were dropped meanwhile",
                 server->target->kind->name, server->target->url,
                 (double)(clock_now() - server->failing_since) / 1e9,
                 server->queue.dropped - server->dropped_then);
    server->failure_told = false;
    server->pause = 0;
}

static void on_answer(void *context, const struct answer *answer) {
    struct push_server *server = context;
    server->sending = false;
    enum push_outcome outcome = push_outcome_of(answer);
    if (outcome == PUSH_FAILED) {
        on_failure(server, answer);
        return;
    }
    if (server->pause)
        on_end_of_failure(server);
    if (outcome == PUSH_REFUSED)
        on_refusal(server, answer);
    else
        on_success(server);
}

bool push_server_open(struct push_server *server, const struct push_target *target,
                      struct push_options *options, struct transport *transport) {
    const struct settings *settings = options->settings;
    server->target = target;
    server->options = options;
    push_queue_init(&server->queue, (size_t)settings->push_queue * 1024);
    server->exchange = exchange_make(transport, &(struct exchange_form){.address = target->address,
                                                                        .header = target->kind->header,
                                                                        .ca_file = settings->push_ca_file,
                                                                        .timeout = settings->push_timeout,
                                                                        .done = on_answer,
                                                                        .context = server});
    return server->exchange;
}

void push_server_close(struct push_server *server) {
    exchange_drop(server->exchange);
    push_queue_drop(&server->queue);
}

void push_server_put(struct push_server *server, struct push_profile *profile) {
    push_queue_put(&server->queue, profile, server->sending);
}

static char *body_of(struct push_server *server, const struct push_profile *profile) {
    json_t *body = server->target->kind->body(profile);
    char *words = body ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);
    server->body_size = words ? strlen(words) : 0;
    return words;
}

uint64_t push_server_go_on(struct push_server *server, uint64_t now) {
    struct push_profile *oldest = push_queue_oldest(&server->queue);
    if (server->sending || !oldest)
        return UINT64_MAX;
    if (now < server->not_before)
        return server->not_before;
    server->sending =
        exchange_begin(server->exchange, body_of(server, oldest), server->options->credentials.header);
    if (!server->sending)
        on_failure(server, &(struct answer){.reason = "a request cannot be made: no memory"});
    return server->sending ? now : server->not_before;
}
