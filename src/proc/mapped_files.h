/* What is mapped of files, devices and the like. */
#pragma once

#include <stdbool.h>

/* Their names, each in a line at whose end it stands, behind a space; NULL if that cannot be told, or the process has ended. proc: of /proc; pid: by
 * which its memory is found (living_thread). Caller frees. */
char *mapped_files(int proc, int pid);

/* Is there anything behind a mapping that might write to eventfds (an asynchronous I/O context, a device)? Also if that cannot be
 * seen. */
bool mapped_strangers(int proc, int pid);
