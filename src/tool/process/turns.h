/* Whose turn it is to write a report. `leakwatch run` ends several programs at the same moment, so that none is seen as it is after
 * another has ended; their reports are made at the same time too, each by a process of its own, and are to come in one order. */
#pragma once

#include <stddef.h>

/* Makes the list, empty, which children inherit the name of; a failure only costs the order. */
void turns_make(void);
/* Whose turns come, one after the other. */
void turns_set(const int *pids, size_t count);
/* This one has had its turn, or does not take it. */
void turns_pass(size_t at);

/* In the process that renders: waits for the turn of the program with this number, not longer than its maker lives. At once where
 * nobody has made a list, or this program is not in it. */
void turns_await(int pid);
