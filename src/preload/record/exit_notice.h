/* How the end of a thread is learnt: from the kernel, without a thread key, a system call or a hook in libc.
 *
 * When a thread ends, the kernel walks its list of robust futexes and sets FUTEX_OWNER_DIED in each word that
 * bears the thread's number (kernel: Documentation/locking/robust-futex-ABI.rst). An exit notice is such a
 * word, put into the list of the calling thread beside glibc's robust mutexes: it is given after everything
 * that the thread may still hang in (destructors of keys and thread_local objects, libc's own clean-up), and
 * however it ended. A record is never unmapped, so the kernel can always write to it. */
#pragma once

#include <linux/futex.h>
#include <stdbool.h>
#include <stdint.h>

/* Laid out like the parts of pthread_mutex_t that the list goes through: glibc's `futex_offset` is one for
 * all entries, and its own list is doubly linked, `previous` right before `next`. */
struct exit_notice {
    uint32_t word;
    struct {
        int32_t tid;
        char name[16];
    } creator; /* of the thread: twenty bytes that the list has no use for, of each of ten thousand threads */
    void *previous, *next;
};

/* Finds the list. Once, by the initial thread. Without one (another libc, no such system call) no notice can be asked for. */
void exit_notice_setup(void);

/* The calling thread, tid, is to leave a notice at its end. False if it cannot. */
bool exit_notice_ask(struct exit_notice *notice, int32_t tid);

/* The calling thread asks no more: it is as if the notice had been given. */
void exit_notice_withdraw(struct exit_notice *notice);

/* Has it ended? */
static inline bool exit_notice_given(const struct exit_notice *notice) {
    return __atomic_load_n(&notice->word, __ATOMIC_ACQUIRE) & FUTEX_OWNER_DIED;
}

/* For a thread that could not ask: it says so itself, as late as it can. */
static inline void exit_notice_give(struct exit_notice *notice) {
    __atomic_fetch_or(&notice->word, FUTEX_OWNER_DIED, __ATOMIC_ACQ_REL);
}
