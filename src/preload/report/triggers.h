/* What makes a report: the process's end, the snapshot signal, a signal that is about to end the process. */
#pragma once

/* Installs the hooks that the options ask for. Once, from the constructor. */
void triggers_setup(void);

/* The process is about to end with this status: reports, once. Returns the status to end with. */
int trigger_exit(int status);

/* quick_exit was called with this status. */
void trigger_quick_exit_status(int status);

void triggers_forked(void);
