/* System V and POSIX message queues, System V semaphores. */
#include <mqueue.h>
#include <sys/msg.h>
#include <sys/sem.h>

#include "wrap.h"

WAITS(ssize_t, msgrcv, (int queue, void *message, size_t size, long type, int flags),
      (queue, message, size, type, flags), (ROW_PLAIN(MQ_RECEIVE, SYS_msgrcv)), (.second = (uintptr_t)queue))
WAITS(int, msgsnd, (int queue, const void *message, size_t size, int flags), (queue, message, size, flags),
      (ROW_PLAIN(MQ_SEND, SYS_msgsnd)), (.second = (uintptr_t)queue))

/* glibc makes semop and semtimedop one system call or the other, by architecture and version. */
WAITS(int, semop, (int set, struct sembuf *operations, size_t count), (set, operations, count),
      (ROW_PLAIN(SEMAPHORE, SYS_semop, SYS_semtimedop)), (.second = (uintptr_t)set))
WAITS(int, semtimedop, (int set, struct sembuf *operations, size_t count, const struct timespec *span),
      (set, operations, count, span), (ROW_PLAIN(SEMAPHORE, SYS_semtimedop)),
      (.second = (uintptr_t)set, FOR_TIMESPEC(span)), LEFT_SPAN)

WAITS(ssize_t, mq_receive, (mqd_t queue, char *message, size_t size, unsigned *priority),
      (queue, message, size, priority), (ROW_FD(MQ_RECEIVE, SYS_mq_timedreceive)), (ON_FD(queue)))
WAITS(ssize_t, mq_timedreceive,
      (mqd_t queue, char *restrict message, size_t size, unsigned *restrict priority,
       const struct timespec *restrict until),
      (queue, message, size, priority, until), (ROW_FD(MQ_RECEIVE, SYS_mq_timedreceive)),
      (ON_FD(queue), UNTIL(until)))
WAITS(int, mq_send, (mqd_t queue, const char *message, size_t size, unsigned priority),
      (queue, message, size, priority), (ROW_FD(MQ_SEND, SYS_mq_timedsend)), (ON_FD(queue)))
WAITS(int, mq_timedsend,
      (mqd_t queue, const char *message, size_t size, unsigned priority, const struct timespec *until),
      (queue, message, size, priority, until), (ROW_FD(MQ_SEND, SYS_mq_timedsend)),
      (ON_FD(queue), UNTIL(until)))
