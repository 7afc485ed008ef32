#include "nap_place.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "proc/memory.h"
#include "shared/sleeping_calls.h"

enum { WORDS = 1024 };

/* "NUMBER ARGUMENTS SP PC" (proc(5)). */
struct call_now {
    int64_t number;
    uint64_t argument[6], sp, pc;
};

/* False: it does not sleep in a call, or that may not be asked. */
static bool read_call(int pid, int tid, struct call_now *now) {
    char path[64], words[256];
    long long number;
    unsigned long long value[8];
    snprintf(path, sizeof path, "/proc/%d/task/%d/syscall", pid, tid);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? -1 : read(file, words, sizeof words - 1);
    if (file >= 0)
        close(file);
    words[length > 0 ? length : 0] = '\0';
    if (sscanf(words, "%lld %llx %llx %llx %llx %llx %llx %llx %llx", &number, &value[0], &value[1],
               &value[2], &value[3], &value[4], &value[5], &value[6], &value[7]) != 9 ||
        number < 0)
        return false;
    *now = (struct call_now){.number = number, .sp = value[6], .pc = value[7]};
    for (int i = 0; i < 6; i++)
        now->argument[i] = value[i];
    return true;
}

static int64_t ns_now(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The span that the call may sleep, ns; -1: it has no end, or that is not known. */
static int64_t span_of(int pid, const struct call_now *now) {
    const struct sleeping_call *call = sleeping_call_of((long)now->number, now->argument);
    uint32_t form = call ? sleeping_call_timeout_form(call, now->argument) : TIMEOUT_NONE;
    uint64_t given = call ? now->argument[call->timeout_argument] : 0;
    int64_t pair[2], ns;
    if (form == TIMEOUT_MS)
        return (int)given < 0 ? -1 : (int64_t)(int)given * 1000000;
    if ((form != TIMEOUT_TIMESPEC && form != TIMEOUT_TIMEVAL && form != TIMEOUT_AT) || given == 0 ||
        memory_read(pid, given, pair, sizeof pair) != sizeof pair ||
        __builtin_mul_overflow(pair[0], 1000000000, &ns) ||
        __builtin_add_overflow(ns, pair[1] * (form == TIMEOUT_TIMEVAL ? 1000 : 1), &ns))
        return -1;
    if (form != TIMEOUT_AT)
        return ns;
    /* of which clock, depends on the object: no machine has been up for thirty years */
    ns -= ns_now(ns > 1000000000ll * 1000000000ll ? CLOCK_REALTIME : CLOCK_MONOTONIC);
    return ns > 0 ? ns : 0;
}

/* The innermost frames of the program's that are return addresses. A script's are none: where it stands in the script, no stack of the
 * processor's tells. */
static unsigned frames_of(const struct snapshot *snapshot, const struct lw_snapshot_thread *thread,
                          uint64_t frames[NAP_FRAMES]) {
    unsigned count = 0;
    for (uint32_t i = thread->flags & LW_THREAD_EXACT ? 1 : 0; i < thread->stack_count && count < NAP_FRAMES;
         i++) {
        uint64_t frame = snapshot->frames[thread->stack_first + i];
        if (lw_frame_is_script(frame))
            return 0;
        if (lw_frame_is_signal(frame))
            break;
        frames[count++] = frame;
    }
    return count;
}

static void find(const uint64_t *words, size_t count, uint64_t frame, uint32_t slots[NAP_SLOTS]) {
    unsigned found = 0;
    for (uint32_t i = 1; i < count && found < NAP_SLOTS; i++)
        if (words[i] == frame)
            slots[found++] = i;
}

static enum nap_look compare(struct nap_place *place, const uint64_t *frames, unsigned count, int pid,
                             const struct lw_snapshot_thread *thread, const struct call_now *call) {
    uint64_t words[WORDS];
    struct nap_place now = {.known = true, .number = call->number, .sp = call->sp, .pc = call->pc};
    struct call_now after;
    unsigned there = 0;
    size_t room = memory_read(pid, now.sp, words, sizeof words) / sizeof *words;
    for (unsigned i = 0; i < count; i++) {
        find(words, room, frames[i], now.slots[i]);
        there += now.slots[i][0] != 0;
    }
    /* It may have gone on while its stack was copied. */
    if (room == 0 || !read_call(pid, thread->tid, &after) || memcmp(&after, call, sizeof after) != 0)
        return NAP_UNKNOWN;
    /* of a large frame's caller the address lies further up than is looked at */
    if (now.slots[0][0] == 0 || (there < count && room < WORDS))
        return NAP_OTHER;
    if (!place->known)
        *place = now;
    if (now.sp != place->sp || now.pc != place->pc || now.number != place->number)
        return NAP_OTHER;
    return memcmp(now.slots, place->slots, sizeof now.slots) == 0 ? NAP_SAME : NAP_UNKNOWN;
}

enum nap_look nap_place_look(struct nap_place *place, const struct snapshot *snapshot,
                             const struct lw_snapshot_thread *thread, int pid, int64_t *span) {
    uint64_t frames[NAP_FRAMES];
    unsigned count = frames_of(snapshot, thread, frames);
    struct call_now call;
    *span = -1;
    if (!read_call(pid, thread->tid, &call))
        return NAP_UNKNOWN;
    *span = span_of(pid, &call);
    return count > 0 ? compare(place, frames, count, pid, thread, &call) : NAP_UNKNOWN;
}
