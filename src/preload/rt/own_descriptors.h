/* Descriptors that the shim has open for the moment: a child that another thread forks meanwhile must not
 * keep them. Each is opened so that the child can tell it from the program's own, by what open(2) sets in one
 * step with making it: its flags, or its name. */
#pragma once

#include <fcntl.h>

/* Files of /proc and directories: flags that mean nothing there, and that nobody else gives together. */
#define OWN_MARK  (O_APPEND | O_NONBLOCK | O_DSYNC)
#define OWN_FLAGS (O_RDONLY | O_CLOEXEC | OWN_MARK)
/* Regular files that are written to: O_ASYNC does nothing when given to open(2) (BUGS), but F_GETFL tells it.
 */
#define OWN_WRITTEN_MARK  (O_ASYNC | O_NOFOLLOW)
#define OWN_WRITTEN_FLAGS (O_WRONLY | O_CLOEXEC | OWN_WRITTEN_MARK)
/* A memfd is known by its name: this and more words. */
#define OWN_MEMFD "leakwatch "

/* Around all that opens descriptors, from before the first is open until after the last is closed. */
void own_descriptors_begin(void);
void own_descriptors_end(void);
/* Of which process a pidfd is about to be opened: that is how it is known. */
void own_descriptors_pidfd(int pid);

/* Before the fork, and in the child, which closes what another thread had open. */
void own_descriptors_before_fork(void);
void own_descriptors_forked(void);
