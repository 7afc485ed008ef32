/* The core that is meant where no file is named: the latest one, or the latest of a process or of a program. */
#pragma once

#include <stdbool.h>

struct found_core {
    char path[4200];
    int kept; /* a descriptor that the path is of; -1: it is a file of its own */
};

/* what: a file; a process's number, a program's name, "latest" or NULL, if there is no such file. False, and a line on stderr that says where was looked,
 * if there is none. Whatever was not named as a file is told on stderr. */
bool find_core(struct found_core *found, const char *what);
void find_core_end(struct found_core *found);
