/* Waiting for child processes. */
#include <sys/resource.h>
#include <sys/wait.h>

#include "wrap.h"

/* What is waited for is a process, not an address: its id is kept as `second`. */
#define WAITS_CHILD .kind = LW_WAIT_CHILD, .syscalls = {SYS_wait4, SYS_waitid}

WAITS(pid_t, wait, (int *status), (status), (WAITS_CHILD), (.second = (uintptr_t)-1))
ALSO(__wait, wait)
WAITS(pid_t, waitpid, (pid_t pid, int *status, int options), (pid, status, options), (WAITS_CHILD),
      (.second = (uintptr_t)pid))
ALSO(__waitpid, waitpid)
WAITS(pid_t, wait3, (int *status, int options, struct rusage *usage), (status, options, usage), (WAITS_CHILD),
      (.second = (uintptr_t)-1))
WAITS(pid_t, wait4, (pid_t pid, int *status, int options, struct rusage *usage),
      (pid, status, options, usage), (WAITS_CHILD), (.second = (uintptr_t)pid))
WAITS(int, waitid, (idtype_t type, id_t id, siginfo_t *info, int options), (type, id, info, options),
      (WAITS_CHILD), (.second = (uintptr_t)id))
