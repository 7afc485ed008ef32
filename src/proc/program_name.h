/* What a process's program is called. */
#pragma once

#include <stddef.h>

/* The name it was started by, where that is a name of its file; else the file's. through: a thread of it that has not ended. "" if it has none, or may
 * not be looked into. */
void program_name(int through, char *name, size_t room);
/* "cat (4711)". proc: a descriptor of /proc. */
void name_process(char *into, size_t room, int proc, int pid);
