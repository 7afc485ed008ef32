/* What the program has written and not yet read, in pipes, terminals and sockets between its own descriptors: addresses may be among it. */
#pragma once

#include <stdbool.h>

struct stat;

/* Calls visit for every descriptor of the calling thread, its number in digits too, until that is false. False if it was, or if they cannot be listed. */
bool each_descriptor(bool (*visit)(void *, int fd, const char *name), void *context);
/* Is there something in it that may come from this process itself? stat: of fd (fstat(2)). In doubt, yes. */
bool unread_in(int fd, const struct stat *stat);
