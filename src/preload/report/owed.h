/* Requests for a report: the snapshot signal from a person, or from the tool (request_answer.h).
 *
 * Each is answered. Not always at once: where signals come faster than reports are made, the program gets at least as
 * much time between two as the last one took, and a report that is being made is finished first. Until then the request is
 * owed, and those that come meanwhile are one with it, as standard signals are. A timer of the kernel's sends the signal
 * again when it may be answered: unlike a thread or a process it is seen by nobody who counts threads, waits for children
 * or wants to be single-threaded (unshare(2)), and fork and exec drop it. A program that uses the signal itself gets no timer,
 * for of two pending signals one is lost: there the next signal, or the end, answers. */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* A request has come; token as the tool's has one, else 0. */
void owed_add(uint32_t token);

/* Is this signal the timer's? If so, the timer is gone. */
bool owed_take_timer(const siginfo_t *info);

enum owed_to { OWED_PERSON, OWED_TOOL };
enum { OWED_TOKENS = 32 };

/* To whom the next answer is owed, and when it may be made (CLOCK_MONOTONIC ns). False: to nobody. */
bool owed_next(enum owed_to *to, uint64_t *at);
/* Takes what is owed to one of them, to answer it: the number of a person's signals, or a token of the tool's. 0: nothing. */
uint32_t owed_take(enum owed_to to);
/* It could not be answered now: it is owed again. */
void owed_put_back(enum owed_to to, uint32_t what);
/* It was, by a report that began then. */
void owed_answered(enum owed_to to, uint64_t began);
/* Sees to it that the signal comes again at that time. in_handler: this thread is in the signal's handler. */
void owed_wait(uint64_t at, bool in_handler);

/* A report or a look has ended, for which somebody may have had to wait. */
void owed_wake(void);

void owed_forked(void);
