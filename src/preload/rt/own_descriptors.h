/* Descriptors that the shim has open for the moment: a child that another thread forks meanwhile must not
 * keep them. */
#pragma once

#include <fcntl.h>

/* How the shim opens files of /proc: with flags that mean nothing there, and that nobody else gives together,
 * so that a child knows what is not its own. A memfd is known by its name, OWN_MEMFD and more words. */
#define OWN_MARK  (O_APPEND | O_NONBLOCK | O_DSYNC)
#define OWN_FLAGS (O_RDONLY | O_CLOEXEC | OWN_MARK)
#define OWN_MEMFD "leakwatch "

/* Closes all of them, in a child that was forked while there may have been some. */
void own_descriptors_forked(void);
