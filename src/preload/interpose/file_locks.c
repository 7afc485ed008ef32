/* Locks on files: flock, lockf, and the waiting commands of fcntl. */
#include <fcntl.h>
#include <stdarg.h>
#include <sys/file.h>
#include <unistd.h>

#include "wrap.h"

WAITS(int, flock, (int fd, int operation), (fd, operation), (ROW_FD(FILE_LOCK, SYS_flock)), (ON_FD(fd)))

#define LOCKS_RECORD (ROW_FD(FILE_LOCK, SYS_fcntl))
WAITS(int, lockf, (int fd, int command, off_t length), (fd, command, length), LOCKS_RECORD, (ON_FD(fd)))
WAITS(int, lockf64, (int fd, int command, off64_t length), (fd, command, length), LOCKS_RECORD, (ON_FD(fd)))

/* The argument, if there is one, is an int or a pointer: as a pointer it is passed on whole. Every other
 * command returns at once. */
#define CONTROLS(fn)                                                               \
    CALL_ROW(int, fn, #fn, (int, int, ...), LOCKS_RECORD)                          \
    EXPORTED int fn(int fd, int command, ...) {                                    \
        va_list rest;                                                              \
        va_start(rest, command);                                                   \
        void *argument = va_arg(rest, void *);                                     \
        va_end(rest);                                                              \
        if (calls_stand_aside || (command != F_SETLKW && command != F_OFD_SETLKW)) \
            return REAL(fn)(fd, command, argument);                                \
        WAITING(fn, ON_FD(fd));                                                    \
        int result;                                                                \
        do                                                                         \
            result = REAL(fn)(fd, command, argument);                              \
        while (wait_again(&wait, result));                                         \
        return result;                                                             \
    }
CONTROLS(fcntl)
CONTROLS(fcntl64)
ALSO(__fcntl, fcntl)
