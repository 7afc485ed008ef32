#include "has_run.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "memory.h"
#include "polled_set.h"
#include "status.h"
#include "words.h"

bool has_run(int proc, int pid, const struct lw_snapshot_thread *thread) {
    char path[64], words[128];
    snprintf(path, sizeof path, "%d/task/%d/schedstat", pid, thread->tid);
    proc_words(proc, path, words, sizeof words);
    uint64_t ran = strtoull(words, NULL, 10);
    /* 1 is what the library says of 0 (rt/clock.h) */
    return thread->cpu_ns == 0 || (ran != 0 ? ran : 1) != thread->cpu_ns;
}

bool have_slept(const struct snapshot *snapshot, size_t wanted) {
    enum { TRIES = 500, PAUSE_US = 200, CLOCKS_A_FILE = 8 };
    if (!(snapshot->header->flags & LW_PROCESS_ANSWERS) ||
        wanted * CLOCKS_A_FILE < snapshot->header->threads.count)
        return false;
    snapshot_answer(snapshot, LW_ANSWER_ASKS);
    for (int i = 0; i < TRIES; i++) {
        uint32_t answer = LW_ANSWER_NONE;
        ssize_t got =
            pread(snapshot->fd, &answer, sizeof answer, offsetof(struct lw_snapshot_header, answer));
        if (got != sizeof answer || answer != LW_ANSWER_ASKS)
            return got == sizeof answer && answer == LW_ANSWER_SLEPT;
        usleep(PAUSE_US);
    }
    return false;
}

/* False if it cannot be told. */
static bool read_sleeps(int pid, const struct lw_snapshot_thread *thread, uint64_t *sleeps) {
    char number[32], *status = proc_status(pid, thread->tid);
    bool told = proc_status_value(status, "voluntary_ctxt_switches", number, sizeof number);
    *sleeps = told ? strtoull(number, NULL, 10) : 0;
    free(status);
    return told;
}

/* Calls that the kernel does not restart itself, but the wrapper makes again: the signal has left no number of them (signal(7)). */
static const struct made_again {
    uint32_t kind;
    int number;
    int same; /* so many arguments say what is waited for */
} made_again[] = {
#ifdef SYS_epoll_wait
    {LW_WAIT_EPOLL, SYS_epoll_wait, 1},  {LW_WAIT_POLL, SYS_poll, 2},  {LW_WAIT_SELECT, SYS_select, 4},
#endif
    {LW_WAIT_EPOLL, SYS_epoll_pwait, 1}, {LW_WAIT_POLL, SYS_ppoll, 2}, {LW_WAIT_SELECT, SYS_pselect6, 4},
};

struct call {
    int64_t number;
    uint64_t argument[6];
};

static bool read_call(int proc, int pid, int tid, struct call *call) {
    char path[64], words[256];
    uint64_t *argument = call->argument;
    snprintf(path, sizeof path, "%d/task/%d/syscall", pid, tid);
    proc_words(proc, path, words, sizeof words);
    return sscanf(words, "%" SCNd64 " %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64,
                  &call->number, &argument[0], &argument[1], &argument[2], &argument[3], &argument[4],
                  &argument[5]) == 7;
}

/* How many of its arguments are to be the same: the descriptor is the first of all calls that wait for one. 0: another call. */
static int arguments_of(int64_t number, const struct lw_snapshot_thread *thread) {
    for (size_t i = 0; i < sizeof made_again / sizeof *made_again; i++)
        if (made_again[i].kind == thread->kind && made_again[i].number == number)
            return made_again[i].same;
    return number == thread->syscall_number ? 1 : 0;
}

static bool has_memory(const void *pid, uint64_t at, void *into, size_t size) {
    return memory_read(*(const int *)pid, at, into, size) == size;
}

/* Between two sleeps a thread may have got what it waited for, and have told the same array of others. */
static bool waits_for_the_same(int pid, const struct snapshot *snapshot,
                               const struct lw_snapshot_thread *thread, const struct call *call) {
    struct polled_set set;
    if (thread->kind != LW_WAIT_POLL && thread->kind != LW_WAIT_SELECT)
        return true;
    if (!polled_set_read(&(struct memory_reader){has_memory, &pid}, call->number, call->argument, &set))
        return false;
    char *numbers = polled_set_numbers(&set);
    bool same = numbers && set.known == set.count &&
                strcmp(numbers, snapshot_words_at(snapshot, thread->value[1])) == 0;
    free(numbers);
    return same;
}

static bool is_in_call(int proc, int pid, const struct snapshot *snapshot,
                       const struct lw_snapshot_thread *thread) {
    struct call call;
    int same = read_call(proc, pid, thread->tid, &call) ? arguments_of(call.number, thread) : 0;
    return same > 0 &&
           memcmp(call.argument, thread->syscall_args, (size_t)same * sizeof *call.argument) == 0 &&
           waits_for_the_same(pid, snapshot, thread, &call);
}

bool has_gone_on(int proc, int pid, const struct snapshot *snapshot,
                 const struct lw_snapshot_thread *thread) {
    enum { TRIES = 100, PAUSE_US = 1000 };
    const struct lw_snapshot_header *header = snapshot->header;
    if (header->answer != LW_ANSWER_GOES_ON)
        return false;
    for (int i = 0; i < TRIES; i++) {
        uint64_t sleeps, again;
        if (!read_sleeps(pid, thread, &sleeps) || sleeps > header->answer_at + 1)
            return false;
        if (sleeps == header->answer_at + 1 && is_in_call(proc, pid, snapshot, thread))
            return read_sleeps(pid, thread, &again) && again == sleeps;
        usleep(PAUSE_US);
    }
    return false;
}
