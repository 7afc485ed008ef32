#include "metrics.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"

struct exposition {
    FILE *out;
    bool open_metrics;
    size_t groups;
};

/* A label's value: UTF-8 without what ends it. Other bytes come as "?". */
static void put_value(FILE *out, const char *words) {
    for (; *words; words++) {
        unsigned char byte = (unsigned char)*words;
        if (byte == '\\' || byte == '"')
            fputc('\\', out);
        fputc(byte < 0x20 || byte >= 0x7f ? '?' : byte, out);
    }
}

/* Family's header. A counter's own name ends with _total; OpenMetrics names the family without. */
static void put_head(const struct exposition *to, const char *name, const char *type, const char *help) {
    int length = (int)strlen(name);
    if (to->open_metrics && strcmp(type, "counter") == 0)
        length -= (int)strlen("_total");
    fprintf(to->out, "# HELP %.*s %s\n# TYPE %.*s %s\n", length, name, help, length, name, type);
}

static void put_labels(const struct exposition *to, const char *name, const struct member *member) {
    fprintf(to->out, "%s{pid=\"%d\",program=\"", name, member->watched.pid);
    put_value(to->out, member->watched.name);
    fputc('"', to->out);
}

static void put_label(const struct exposition *to, const char *key, const char *value) {
    fprintf(to->out, ",%s=\"", key);
    put_value(to->out, value);
    fputc('"', to->out);
}

static void end(const struct exposition *to, double value) {
    fprintf(to->out, "} %.15g\n", value);
}

static void put_states(const struct exposition *to, const struct member *member) {
    for (int state = 0; state < LW_STATE_FINISHED; state++) {
        put_labels(to, "leakwatch_threads", member);
        put_label(to, "state", state_words((enum lw_state)state));
        end(to, (double)member->latest->work.analysis->counts.by_state[state]);
    }
}

static void put_waiting(const struct exposition *to, const struct member *member) {
    for (int kind = LW_WAIT_NONE + 1; kind < LW_WAIT_KIND_COUNT; kind++) {
        if (member->latest->tally.by_kind[kind] == 0)
            continue;
        put_labels(to, "leakwatch_threads_waiting", member);
        put_label(to, "kind", kind_words((enum lw_wait_kind)kind));
        end(to, (double)member->latest->tally.by_kind[kind]);
    }
}

static void put_longest(const struct exposition *to, const struct member *member) {
    put_labels(to, "leakwatch_longest_wait_seconds", member);
    end(to, (double)member->latest->tally.longest / 1e9);
}

static void put_created(const struct exposition *to, const struct member *member) {
    put_labels(to, "leakwatch_threads_created_total", member);
    end(to, (double)member->latest->work.snapshot.header->created);
}

static void put_unjoined(const struct exposition *to, const struct member *member) {
    put_labels(to, "leakwatch_threads_unjoined", member);
    end(to, (double)member->latest->work.analysis->counts.unjoined);
}

static void put_suspect(const struct exposition *to, const struct member *member) {
    put_labels(to, "leakwatch_threads_suspect", member);
    end(to, (double)member->latest->tally.suspicious);
}

static void put_deadlocks(const struct exposition *to, const struct member *member) {
    put_labels(to, "leakwatch_deadlocks", member);
    end(to, (double)member->latest->work.analysis->counts.deadlocks);
}

static int most_first(const void *a, const void *b) {
    const struct site *x = *(const struct site *const *)a, *y = *(const struct site *const *)b;
    return x->count != y->count ? (x->count < y->count) - (x->count > y->count) : strcmp(x->key, y->key);
}

/* Two sites may look the same (other frames differ): their threads are told together, as a series can be told
 * only once. */
static void put_groups(const struct exposition *to, const struct member *member) {
    const struct sites *sites = &member->latest->sites;
    const struct site **order = calloc(sites->count + 1, sizeof(struct site *));
    for (size_t i = 0; order && i < sites->count; i++)
        order[i] = &sites->list[i];
    if (order && sites->count > 0)
        qsort(order, sites->count, sizeof *order, most_first);
    for (size_t i = 0, told = 0; order && i < sites->count && told < to->groups; i++) {
        size_t count = order[i]->count;
        bool again = false;
        for (size_t k = 0; k < sites->count; k++) {
            if (k == i || strcmp(order[k]->place, order[i]->place) != 0 ||
                strcmp(order[k]->kind, order[i]->kind) != 0)
                continue;
            again |= k < i;
            count += order[k]->count;
        }
        if (again)
            continue;
        put_labels(to, "leakwatch_group_threads", member);
        put_label(to, "kind", order[i]->kind);
        put_label(to, "site", order[i]->place);
        end(to, (double)count);
        told++;
    }
    free(order);
}

static void put_outside(const struct exposition *to, const struct member *member) {
    put_labels(to, "leakwatch_process_outside", member);
    end(to, member->watched.outside);
}

static void put_up(const struct exposition *to, const struct member *member) {
    put_labels(to, "leakwatch_process_up", member);
    end(to, member->error[0] ? 0 : 1);
}

/* Which processes a family has series of. */
enum whose {
    OF_KNOWN, /* also those that do not answer, but none that nobody prepared and that could not be read yet */
    OF_ANSWERED, /* those whose latest answer is there */
    OF_WATCHED,  /* of these, those that have the preload, which alone knows */
};

static const struct {
    const char *name, *type, *help;
    void (*put)(const struct exposition *to, const struct member *member);
    enum whose whose;
} families[] = {
    {"leakwatch_process_up", "gauge", "1 if the process answered when it was asked last.", put_up, OF_KNOWN},
    {"leakwatch_process_outside", "gauge", "1 if the process is not watched, but read from outside.",
     put_outside, OF_ANSWERED},
    {"leakwatch_threads", "gauge", "Threads alive, by what they do.", put_states, OF_ANSWERED},
    {"leakwatch_threads_waiting", "gauge", "Threads alive, by what they wait in.", put_waiting, OF_ANSWERED},
    {"leakwatch_longest_wait_seconds", "gauge",
     "The longest wait without a deadline of a thread other than main.", put_longest, OF_ANSWERED},
    {"leakwatch_threads_created_total", "counter", "Threads created since the process started.", put_created,
     OF_WATCHED},
    {"leakwatch_threads_unjoined", "gauge", "Threads that have ended and were never joined.", put_unjoined,
     OF_WATCHED},
    {"leakwatch_threads_suspect", "gauge",
     "Threads that look leaked: by a proof, by evidence, or never joined.", put_suspect, OF_ANSWERED},
    {"leakwatch_deadlocks", "gauge", "Deadlocks that are proved.", put_deadlocks, OF_ANSWERED},
    {"leakwatch_group_threads", "gauge", "Threads of the largest groups, by what they wait in and where.",
     put_groups, OF_ANSWERED},
};

static bool is_of(enum whose whose, const struct member *member) {
    bool outside = member->watched.outside, answered = member->latest && !member->error[0];
    return !member->ended && (whose == OF_KNOWN     ? !outside || member->latest
                              : whose == OF_WATCHED ? answered && !outside
                                                    : answered);
}

static void put_one(const struct exposition *to, const char *name, const char *type, const char *help,
                    double value) {
    put_head(to, name, type, help);
    fprintf(to->out, "%s %.15g\n", name, value);
}

static double resident(void) {
    FILE *file = fopen("/proc/self/statm", "re");
    long pages = 0;
    if (file && fscanf(file, "%*d %ld", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

/* A row a family: X(NAME, TYPE, FIELD of struct push_told, HELP). */
#define PUSH_FAMILIES(X)                                                                            \
    X("leakwatch_push_sent_total", "counter", sent, "Profiles that the server took.")               \
    X("leakwatch_push_failed_total", "counter", failed, "Attempts to send one that failed.")        \
    X("leakwatch_push_dropped_total", "counter", dropped,                                           \
      "Profiles given up: too many waited, or it was refused.")                                     \
    X("leakwatch_push_bytes_total", "counter", bytes, "Bytes of requests that the server took.")    \
    X("leakwatch_push_waiting", "gauge", waiting, "Profiles that wait to be sent.")                 \
    X("leakwatch_push_waiting_bytes", "gauge", waiting_bytes, "Their bytes, at most --push-queue.") \
    X("leakwatch_push_last_success_timestamp_seconds", "gauge", last_success,                       \
      "When the server took the latest; 0: never.")

static void put_push(const struct exposition *to, const struct push *push) {
#define X(name, type, field, help)                                      \
    put_head(to, name, type, help);                                     \
    for (size_t i = 0; i < push_servers(push); i++) {                   \
        const struct push_told told = push_tell(push, i);               \
        fprintf(to->out, name "{protocol=\"%s\",server=\"", told.kind); \
        put_value(to->out, told.url);                                   \
        fprintf(to->out, "\"} %.15g\n", (double)told.field);            \
    }
    PUSH_FAMILIES(X)
#undef X
}

void metrics_put(FILE *out, const struct process_table *table, const struct push *push, bool open_metrics,
                 size_t groups) {
    struct exposition to = {out, open_metrics, groups};
    size_t alive = 0;
    for (size_t i = 0; i < table->count; i++)
        alive += !table->members[i]->ended;
    for (size_t k = 0; k < sizeof families / sizeof *families; k++) {
        put_head(&to, families[k].name, families[k].type, families[k].help);
        for (size_t i = 0; i < table->count; i++) {
            if (is_of(families[k].whose, table->members[i]))
                families[k].put(&to, table->members[i]);
        }
    }
    put_one(&to, "leakwatch_processes", "gauge", "Processes that are served.", (double)alive);
    put_one(&to, "leakwatch_processes_left_out", "gauge", "Processes that are not watched, beyond --most.",
            (double)table->left_out);
    put_one(&to, "leakwatch_looks_total", "counter", "Looks at all processes.", (double)table->looks);
    put_one(&to, "leakwatch_failures_total", "counter", "Processes that did not answer, in all looks.",
            (double)table->failures);
    put_one(&to, "leakwatch_look_seconds", "gauge", "How long the latest look took.",
            (double)table->took / 1e9);
    put_one(&to, "leakwatch_look_timestamp_seconds", "gauge", "When the latest look began.",
            (double)table->looked_ms / 1e3);
    put_one(&to, "leakwatch_resident_bytes", "gauge", "Memory of the exporter itself.", resident());
    if (push_servers(push) > 0)
        put_push(&to, push);
    put_head(&to, "leakwatch_build_info", "gauge", "Version of leakwatch.");
    fprintf(out, "leakwatch_build_info{version=\"%s\"} 1\n", LEAKWATCH_VERSION);
    if (open_metrics)
        fputs("# EOF\n", out);
}
