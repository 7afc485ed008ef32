/* What the program has written and not yet read, in pipes, terminals and sockets between its own descriptors: addresses may be among it. */
#pragma once

#include <stdbool.h>

struct stat;

/* Is there something in it that may come from this process itself? stat: of fd (fstat(2)). In doubt, yes; so it is when more than *patience
 * descriptors would have to be asked for the other ends of connections. */
bool unread_in(int fd, const struct stat *stat, unsigned *patience);
