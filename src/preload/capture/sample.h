/* Where a running thread is. A thread that sleeps is looked at from outside; one that runs must say it
 * itself: it is sent the snapshot signal, whose handler, told so by the signal's value, copies registers and
 * the top of the stack and returns. Only threads that the kernel says are running are asked, and none that
 * blocks the signal; one that goes to sleep meanwhile is excused from EINTR as by any snapshot (wait.h). */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "arch/arch.h"

enum { SAMPLES = 32, SAMPLE_WORDS = 4096 };

/* One thread's answers. `stack` is what lay from registers.sp upwards, `size` bytes of it. */
struct sample {
    int tid;
    int state; /* enum sample_state of sample.c, changed atomically */
    struct registers registers;
    uint64_t cpu_ns, at; /* when it answered: CPU time used so far, CLOCK_MONOTONIC */
    size_t size;
    uintptr_t stack[SAMPLE_WORDS];
};

/* Asks `count` threads (at most SAMPLES), and waits some milliseconds for their answers. Returns an array of
 * as many, NULL if nobody can be asked. One caller at a time; what is returned holds until the next call. */
struct sample *sample_ask(int task_directory, const int *tids, unsigned count);
bool sample_answered(const struct sample *sample);

/* Sends the snapshot signal to a thread, with a question that its handler knows by its address; and is a signal that one? */
bool sample_signal(int tid, void *question);
bool sample_is_of(const siginfo_t *info, const void *question);

/* Does a thread block the snapshot signal, or is it past taking any? */
bool sample_blocks_signal(int task_directory, int tid);

/* In the handler of the snapshot signal: was it a question? Then it is answered. */
bool sample_answer(const siginfo_t *info, void *context);
