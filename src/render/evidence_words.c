#include "evidence_words.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "lines.h"
#include "reach_words.h"
#include "shared/signal_name.h"

/* {who} worker-1 (4244)   {by} " by worker-1 (4244), which has ended", or nothing   {ago} 3.0s ago   {span} 3.0s
 * {ms} the same in ms   {count} {of}   {s} "s" if count is not 1   {cpu} `of` as seconds   {signals}   {text} {more}
 * {path} {object} {referrers} of a proof by reachability (reach_words.h) */
static const char *const words[EVIDENCE_KIND_COUNT] = {
    [EVIDENCE_MAY_BE_SHARED] = "it may be shared with other processes",
    [EVIDENCE_NEVER_SIGNALLED] = "this condition was never signalled",
    [EVIDENCE_NEVER_SIGNALLED_HERE] = "this condition was never signalled by this process",
    [EVIDENCE_NO_SIGNAL_KEPT] = "no signal of this condition is remembered ({count} others were forgotten)",
    [EVIDENCE_NEVER_POSTED] = "this semaphore was never posted",
    [EVIDENCE_NEVER_POSTED_HERE] = "this semaphore was never posted by this process",
    [EVIDENCE_NO_POST_KEPT] = "no post of this semaphore is remembered ({count} others were forgotten)",
    [EVIDENCE_SIGNALLED_TO_NOBODY_ONCE] = "signalled once while nobody waited, {ago}{by}",
    [EVIDENCE_SIGNALLED_TO_NOBODY] = "signalled {count} times while nobody waited, last {ago}{by}",
    [EVIDENCE_LAST_SIGNALLED] = "last signalled {ago}{by}",
    [EVIDENCE_LAST_POSTED] = "last posted {ago}{by}",
    [EVIDENCE_SIGNALS_LOST] = "{count} of {of} signals found nobody waiting",
    [EVIDENCE_WRITE_END_ELSEWHERE] = "{text} has a write end",
    [EVIDENCE_READ_END_ELSEWHERE] = "{text} has a read end",
    [EVIDENCE_WRITE_ENDS_INSIDE] = "every write end is in this process",
    [EVIDENCE_IN_OTHER_PROCESS] = "{text} has what it waits for, or the other end of it",
    [EVIDENCE_READ_ENDS_INSIDE] = "every read end is in this process",
    [EVIDENCE_WRITE_ENDS_INSIDE_MAYBE] =
        "every write end is in this process, as far as other processes can be examined",
    [EVIDENCE_READ_ENDS_INSIDE_MAYBE] =
        "every read end is in this process, as far as other processes can be examined",
    [EVIDENCE_LAST_WRITTEN] = "last written {ago}{by}",
    [EVIDENCE_WRITTEN_THROUGH] = "last written through fd {count} {ago}{by}",
    [EVIDENCE_NEVER_WRITTEN_THROUGH] = "nothing was written through this descriptor",
    [EVIDENCE_HELD_BY_ITSELF] = "held by the waiting thread itself",
    [EVIDENCE_WAITS_IN_HANDLER] = "it waits in a handler of {signals}",
    [EVIDENCE_HELD_BY] = "held by {who}",
    [EVIDENCE_HELD_ELSEWHERE] = "held by {who}, of another process",
    [EVIDENCE_OWNER_NOT_FOUND] = "held by {who}, which was not found",
    [EVIDENCE_ROBUST_OWNER_ENDED] = "its owner, {who}, has ended; the kernel hands a robust mutex on",
    [EVIDENCE_READ_BY] = "held for reading by {who}",
    [EVIDENCE_READ_TIMES] = "held for reading {count} times in all",
    [EVIDENCE_WRITER_WAITS] = "a writer is waiting",
    [EVIDENCE_INITIALISED_BY] = "initialiser running in {who}",
    [EVIDENCE_TIMER_DISARMED] = "the timer is disarmed",
    [EVIDENCE_TIMER_FIRES] = "the timer fires in {span}",
    [EVIDENCE_EPOLL_EMPTY] = "the epoll set is empty",
    [EVIDENCE_EPOLL_MEMBERS] = "{count} descriptor{s} in the set",
    [EVIDENCE_NO_DESCRIPTOR] = "it waits for no descriptor",
    [EVIDENCE_NO_DATA] = "no data for {span}",
    [EVIDENCE_NO_KEEPALIVE] = "keepalive is off: a peer that vanishes is not noticed",
    [EVIDENCE_BARRIER_REACHED] = "{count} of {of} threads have reached the barrier",
    [EVIDENCE_WAKES_OFTEN] = "polling: wakes {count} times a second",
    [EVIDENCE_WAKES_IN_ONE_PLACE] =
        "polling: wakes {count} times a second, from the same place in each of {of} looks",
    [EVIDENCE_WAKES_IN_SEVERAL] = "polling: wakes {count} times a second, from several places",
    [EVIDENCE_WAITS_FOR_GIL] = "waits for the GIL, held by {who}",
    [EVIDENCE_OWNER_MAY_DIFFER] = "not proved: another process runs in this one's memory (clone with "
                                  "CLONE_VM), and may hold it by that number",
    [EVIDENCE_CHILD_RUNS] = "child {text} runs",
    [EVIDENCE_CHILD_SLEEPS] = "child {text} sleeps in {more}",
    [EVIDENCE_CHILD_WRITES_HERE] =
        "child {text} is blocked in a write to {more}, which this process has open",
    [EVIDENCE_CHILD_READS_HERE] =
        "child {text} is blocked in a read from {more}, which this process has open",
    [EVIDENCE_CHILD_STOPPED] = "child {text} is stopped",
    [EVIDENCE_CHILD_ENDED] = "child {text} has ended and was not waited for",
    [EVIDENCE_WORD_UNCHANGED] = "the word is {count}, and it waits for it to change from {of}",
    [EVIDENCE_WORD_CHANGED] = "the word is {count} by now, and it waits for it to change from {of}",
    [EVIDENCE_CREATOR_ENDED] = "the thread that created it has ended",
    [EVIDENCE_PROCESSOR_USED] = "used {count}% of a processor over {ms} ms, {cpu}s of its time in all",
    [EVIDENCE_WAITS_FOR_OWN_END] = "it waits for its own end",
    [EVIDENCE_WAITS_FOR_OWN_LOCK] = "it waits for what it holds itself",
    [EVIDENCE_IN_CYCLE] = "in a cycle of {count} threads",
    [EVIDENCE_OWNER_ENDED] = "its owner, {who}, has ended",
    [EVIDENCE_OWNER_ENDED_AGO] = "its owner, {who}, has ended {ago}",
    [EVIDENCE_OWNER_NOT_COPIED] = "held by {who} of the parent, which fork did not copy",
    [EVIDENCE_WILL_NEVER_END] = "{who} will never end",
    [EVIDENCE_WILL_NEVER_RELEASE] = "{who} will never release it",
    [EVIDENCE_ALL_ASLEEP] = "all threads are asleep",
    [EVIDENCE_UNREACHABLE] = "unreachable: no thread that may still run can come to it{object}{referrers}",
    [EVIDENCE_REACHABLE] = "reachable: {path}",
    [EVIDENCE_CANCELLABLE] = "reachable: may be cancelled by who has its pthread_t: {path}",
    [EVIDENCE_ENDED_BY_HANDLER] = "a signal handler may end this wait",
    [EVIDENCE_UNPROVED_HANDLERS] =
        "all threads are asleep; only a signal handler ({signals}) could wake a thread",
    [EVIDENCE_UNPROVED_HANDLERS_UNKNOWN] =
        "all threads are asleep; not proved: which signals the program handles is not known",
    [EVIDENCE_UNPROVED_PIPE_NAMED] =
        "all threads are asleep; not proved: another process could open the pipe of {who} by its name",
    [EVIDENCE_UNPROVED_PIPE_HIDDEN] = "all threads are asleep; not proved: some process could not be "
                                      "examined, and might have an end of the pipe of {who}",
    [EVIDENCE_UNPROVED_PIPE_TRAVELS] =
        "all threads are asleep; not proved: a descriptor is on its way through a UNIX socket, and may be an "
        "end of the pipe of {who}",
    [EVIDENCE_UNPROVED_RESTLESS] = "all threads are asleep; not proved: {text} has UNIX sockets and did not "
                                   "rest, and might hand on what {who} waits for",
    [EVIDENCE_UNPROVED_PIPE_STIRRED] =
        "all threads are asleep; not proved: the pipe of {who} may have been used while the report was made",
    [EVIDENCE_UNPROVED_NAMED] =
        "all threads are asleep; not proved: another process could reach what {who} waits for by its name",
    [EVIDENCE_UNPROVED_SYSTEM_V] =
        "all threads are asleep; not proved: another process could reach what {who} "
        "waits for by its number (System V)",
    [EVIDENCE_UNPROVED_LIMIT] =
        "all threads are asleep; not proved: the socket of {who} may have a time limit",
    [EVIDENCE_UNPROVED_MANY] = "all threads are asleep; not proved: {who} waits for too many descriptors at "
                               "once to look at each",
    [EVIDENCE_UNPROVED_SENDS] = "all threads are asleep; not proved: the datagram socket of {who} may become "
                                "ready to send to another",
    [EVIDENCE_UNPROVED_ENDS_HIDDEN] = "all threads are asleep; not proved: some process could not be "
                                      "examined, and might have what {who} waits for",
    [EVIDENCE_UNPROVED_ENDS_TRAVEL] = "all threads are asleep; not proved: a descriptor is on its way "
                                      "through a UNIX socket, and may be of what {who} waits for",
    [EVIDENCE_UNPROVED_ENDS_STRANGE] = "all threads are asleep; not proved: a device or queue that this "
                                       "process has open might write to what {who} waits for",
    [EVIDENCE_UNPROVED_ENDS_STIRRED] = "all threads are asleep; not proved: what {who} waits for may have "
                                       "been used while the report was made",
    [EVIDENCE_UNPROVED_EVENTFD_FULL] =
        "all threads are asleep; not proved: who else could read the full eventfd of {who} is not looked for",
    [EVIDENCE_UNPROVED_ADDRESS] =
        "all threads are asleep; not proved: the address of what {who} waits for is not known",
    [EVIDENCE_UNPROVED_SHARED] =
        "all threads are asleep; not proved: another process may share what {who} waits for",
    [EVIDENCE_UNPROVED_MEMORY] =
        "all threads are asleep; not proved: another process runs in this one's memory (clone with CLONE_VM)",
    [EVIDENCE_UNPROVED_RING] =
        "all threads are asleep; not proved: a request of this process's io_uring might wake a thread",
    [EVIDENCE_UNPROVED_FILES] =
        "all threads are asleep; not proved: a thread has descriptors of its own (unshare with CLONE_FILES)",
    [EVIDENCE_UNPROVED_TIMER] =
        "all threads are asleep; not proved: a timer of this process may send a signal that it handles",
    [EVIDENCE_UNPROVED_UNLISTED] =
        "all threads that were seen are asleep; not proved: the kernel's list of threads could not be read",
};

/* Which fields a kind has, and its name in JSON. */
static const struct {
    const char *name;
    int fields;
} kinds[] = {
#define X(id, name, fields) {name, fields},
    LW_EVIDENCE(X)
#undef X
};

struct evidence_form evidence_form(enum evidence_kind kind) {
    return (struct evidence_form){kinds[kind].name, words[kind], kinds[kind].fields};
}

static void put_who(FILE *out, const struct analysis *analysis, const struct evidence *evidence) {
    if (evidence->name)
        lines_name(out, lines_words(analysis, evidence->name), evidence->tid);
    else
        fprintf(out, "thread %d", evidence->tid);
}

/* Whose it was is not always known. */
static void put_by(FILE *out, const struct analysis *analysis, const struct evidence *evidence) {
    if (evidence->tid == 0)
        return;
    fputs(" by ", out);
    lines_name(out, evidence->name ? lines_words(analysis, evidence->name) : "thread", evidence->tid);
    if (evidence->ended)
        fputs(", which has ended", out);
}

static void put_signals(FILE *out, uint64_t signals) {
    const char *between = "";
    for (int signal = 1; signal <= 64; signal++) {
        if (!(signals >> (signal - 1) & 1))
            continue;
        const char *name = signal_name(signal);
        fprintf(out, name ? "%sSIG%s" : "%s", between, name);
        if (!name)
            fprintf(out, "signal %d", signal);
        between = ", ";
    }
}

static void put_field(FILE *out, const struct analysis *analysis, const struct evidence *evidence,
                      const char *field, size_t length) {
#define IS(name) (length == sizeof name - 1 && memcmp(field, name, length) == 0)
    if (IS("who"))
        put_who(out, analysis, evidence);
    else if (IS("by"))
        put_by(out, analysis, evidence);
    else if (IS("ago"))
        fprintf(out, "%.1fs ago", (double)evidence->ns / 1e9);
    else if (IS("span"))
        fprintf(out, "%.1fs", (double)evidence->ns / 1e9);
    else if (IS("ms"))
        fprintf(out, "%.0f", (double)evidence->ns / 1e6);
    else if (IS("count"))
        fprintf(out, "%lld", (long long)evidence->count);
    else if (IS("of"))
        fprintf(out, "%lld", (long long)evidence->of);
    else if (IS("s"))
        fputs(lines_plural((size_t)evidence->count), out);
    else if (IS("cpu"))
        fprintf(out, "%.1f", (double)evidence->of / 1e9);
    else if (IS("signals"))
        put_signals(out, evidence->signals);
    else if (IS("path"))
        reach_put_path(out, analysis, evidence->reach);
    else if (IS("object"))
        reach_put_object(out, analysis, evidence->reach);
    else if (IS("referrers"))
        reach_put_referrers(out, analysis, evidence->reach);
    else if (IS("more"))
        lines_clean(out, evidence->more);
    else if (IS("text"))
        lines_clean(out, evidence->text);
#undef IS
}

char *evidence_words(const struct analysis *analysis, const struct evidence *evidence) {
    char *made = NULL;
    size_t size;
    FILE *out = open_memstream(&made, &size);
    if (!out)
        return NULL;
    for (const char *at = words[evidence->kind]; *at;) {
        size_t plain = strcspn(at, "{");
        fwrite(at, 1, plain, out);
        at += plain;
        if (*at == '{') {
            size_t length = strcspn(++at, "}");
            put_field(out, analysis, evidence, at, length);
            at += length + 1;
        }
    }
    if (fclose(out) == 0)
        return made;
    free(made);
    return NULL;
}

json_t *evidence_strings(const struct analysis *analysis, const struct thread_finding *finding) {
    json_t *list = json_array();
    for (size_t i = 0; i < finding->evidence_count; i++) {
        char *made = evidence_words(analysis, &finding->evidence[i]);
        json_array_append_new(list, json_text(made ? made : ""));
        free(made);
    }
    return list;
}

static json_t *signals_list(uint64_t signals) {
    json_t *list = json_array();
    for (int signal = 1; signal <= 64; signal++)
        if (signals >> (signal - 1) & 1)
            json_array_append_new(list, json_integer(signal));
    return list;
}

json_t *evidence_facts(const struct analysis *analysis, const struct thread_finding *finding) {
    json_t *list = json_array();
    for (size_t i = 0; i < finding->evidence_count; i++) {
        const struct evidence *evidence = &finding->evidence[i];
        int fields = kinds[evidence->kind].fields;
        json_t *fact = json_pack("{s:s}", "fact", kinds[evidence->kind].name);
        if ((fields & E_WHO) && evidence->tid != 0) {
            json_object_set_new(fact, "tid", json_integer(evidence->tid));
            json_object_set_new(fact, "name",
                                evidence->name ? json_text(lines_words(analysis, evidence->name))
                                               : json_null());
            json_object_set_new(fact, "ended", json_boolean(evidence->ended));
        }
        if (fields & (E_AGO | E_SPAN))
            json_object_set_new(fact, "seconds", json_real((double)evidence->ns / 1e9));
        if (fields & E_COUNT)
            json_object_set_new(fact, "count", json_integer(evidence->count));
        if (fields & E_OF)
            json_object_set_new(fact, "of", json_integer(evidence->of));
        if (fields & E_SIGNALS)
            json_object_set_new(fact, "signals", signals_list(evidence->signals));
        if (fields & E_TEXT)
            json_object_set_new(fact, "process", json_text(evidence->text));
        if (fields & E_MORE)
            json_object_set_new(fact, "in", json_text(evidence->more));
        if (fields & E_REACH)
            reach_put_json(fact, analysis, evidence->reach);
        json_array_append_new(list, fact);
    }
    return list;
}
