#include "held_up.h"

#include <linux/futex.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "proc/words.h"

/* A wait for a word is in a function that is called so, in every kernel; but for locks with priority inheritance (kernel: kernel/futex). */
static bool waits_for_word(const struct target_thread *thread) {
    int command = (int)thread->argument[1] & FUTEX_CMD_MASK;
    return thread->number == SYS_futex && (command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET);
}

static bool is_one_of(const char *words, const char *const *places, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strstr(words, places[i]))
            return true;
    return false;
}

bool is_held_up(int tasks, const struct target_thread *thread) {
    /* kernel: kernel/signal.c (a frozen cgroup, version 2), kernel/freezer.c (version 1), mm/memcontrol.c (above memory.high), block/blk-cgroup.c */
    static const char *const places[] = {"get_signal", "do_freezer_trap", "refrigerator", "over_high",
                                         "maybe_throttle"};
    /* Who is frozen in its sleep (version 1; kernel: include/linux/sched.h, TASK_FROZEN is told as D) may have been woken since. Signals end these
     * sleeps, so that they are never D otherwise. */
    static const char *const lightly[] = {
        "futex", "poll",  "select", "pipe",    "eventfd",      "timerfd", "skb",    "unix_",  "accept",
        "sleep", "pause", "sigsus", "do_wait", "sigtimedwait", "wq_",     "msgrcv", "msgsnd", "semtimedop"};
    char words[128];
    if (!thread->sleeps || !strchr("SD", thread->state))
        return false;
    /* proc(5): the function that it waits in; "0" where that is not told */
    if (proc_words_of(tasks, thread->seen_as, "wchan", words, sizeof words) <= 0 || words[0] == '0')
        return false;
    if (is_one_of(words, places, sizeof places / sizeof *places) ||
        (thread->state == 'D' && is_one_of(words, lightly, sizeof lightly / sizeof *lightly)))
        return true;
    return waits_for_word(thread) && !strstr(words, "futex");
}

void held_up_note(struct target *target, char state) {
    static const char *const notes[][2] = {
        {"T", "it is stopped by a signal: nothing is proved of stopped threads"},
        {"t", "a debugger or strace has stopped it: nothing is proved of stopped threads"},
    };
    for (size_t i = 0; i < target->thread_count; i++)
        if (target->threads[i].held_up)
            snprintf(target->note, sizeof target->note,
                     "threads are held up on their way out of a call, as in a frozen cgroup (a paused "
                     "container): nothing is proved of them");
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++)
        if (state == notes[i][0][0])
            snprintf(target->note, sizeof target->note, "%s", notes[i][1]);
}
