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

/* From the signal's handler: answers what may be answered now, and sees to it that the rest will be. context: as in
 * struct report_request. */
void owed_answer(const void *context);

/* A report or a look has ended, for which somebody may have had to wait. */
void owed_wake(void);

/* The process is about to end: answers what is owed by now. */
void owed_at_end(void);

void owed_forked(void);
