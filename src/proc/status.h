/* The status of a process or of one of its threads, a line "KEY:\tVALUE" each (proc(5), /proc/PID/status). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* All of it, however long its list of groups is. tid: 0 for the process. NULL if it cannot be read. Caller frees. */
char *proc_status(int pid, int tid);

/* False if there is no such line, or no status. */
bool proc_status_value(const char *status, const char *key, char *value, size_t room);
/* Is the signal in this set of signals? */
bool proc_status_has_signal(const char *status, const char *key, int signal);
