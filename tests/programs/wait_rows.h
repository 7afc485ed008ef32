/* Every call that the shim wraps because a thread can sleep in it: a row each, as in the shim's own table. */
#pragma once

#include <linux/futex.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "older_libc.h"
#include "wait_scenes.h"

/* Calls that headers do not declare under their own names. */
#ifndef __x86_64__
#define __send send /* glibc has that name only where it had it in 1998 */
#endif
extern ssize_t __read(int, void *, size_t), __write(int, const void *, size_t),
    __send(int, const void *, size_t, int);
extern ssize_t __read_chk(int, void *, size_t, size_t), __recv_chk(int, void *, size_t, size_t, int);
extern ssize_t __recvfrom_chk(int, void *, size_t, size_t, int, struct sockaddr *, socklen_t *);
extern int __poll(struct pollfd *, nfds_t, int), __poll_chk(struct pollfd *, nfds_t, int, size_t);
extern int __ppoll_chk(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *, size_t);
extern int __select(int, fd_set *, fd_set *, fd_set *, struct timeval *);
extern int __nanosleep(const struct timespec *, struct timespec *), __sigsuspend(const sigset_t *);
extern int __sigpause(int, int), bsd_sigpause(int) __asm__("sigpause");
extern int __xpg_sigpause(int);
extern pid_t __wait(int *), __waitpid(pid_t, int *, int);
extern int __fcntl(int, int, ...);

#define IOV(s) &(struct iovec){(s)->buffer, 1}, 1
#define MSG(s) &(struct msghdr){.msg_iov = &(struct iovec){(s)->buffer, 1}, .msg_iovlen = 1}, 0
#define MMSG(s) \
    &(struct mmsghdr){.msg_hdr = {.msg_iov = &(struct iovec){(s)->buffer, 1}, .msg_iovlen = 1}}, 1, 0
#define SETS(s) s->fd + 1, &s->set, NULL, NULL
#define LONG_SPAN        \
    &(struct timespec) { \
        100, 0           \
    }
#define MINUTES_US 500000000
#define DOWN       &(struct sembuf){.sem_op = -1}, 1
#define LIST(s)    (const struct aiocb *const[]){&(s)->request}, 1
#define LIST64(s)  (const struct aiocb64 *const[]){(struct aiocb64 *)&(s)->request}, 1
#define FAR_AWAY         \
    &(struct timespec) { \
        4000000000, 0    \
    }
#define SPAN_MS 60

/* The waits of a condition are made with its mutex held, which a cancelled one must find held again. */
static void hold(struct scene *s) {
    if (s->object == &s->cond)
        pthread_mutex_lock(&s->mutex);
    else
        mtx_lock(&s->mtx);
    s->locked = true;
}
static void let_go(struct scene *s) {
    if (!s->locked)
        return;
    s->locked = false;
    if (s->object == &s->cond)
        pthread_mutex_unlock(&s->mutex);
    else
        mtx_unlock(&s->mtx);
}
#define HOLDING(s, call)   \
    ({                     \
        hold(s);           \
        int result = call; \
        let_go(s);         \
        result;            \
    })

/* X(call, kind in the report, object: FD, ADDRESS or NONE, setting up, waking, the call) */
#define WAIT_ROWS(X)                                                                                         \
    X(read, "pipe read", FD, empty_pipe, by_byte, (read(s->fd, s->buffer, 1)))                               \
    X(__read, "pipe read", FD, empty_pipe, by_byte, (__read(s->fd, s->buffer, 1)))                           \
    X(__read_chk, "pipe read", FD, empty_pipe, by_byte, (__read_chk(s->fd, s->buffer, 1, 64)))               \
    X(readv, "pipe read", FD, empty_pipe, by_byte, (readv(s->fd, IOV(s))))                                   \
    X(preadv2, "pipe read", FD, empty_pipe, by_byte, (preadv2(s->fd, IOV(s), -1, 0)))                        \
    X(preadv64v2, "pipe read", FD, empty_pipe, by_byte, (preadv64v2(s->fd, IOV(s), -1, 0)))                  \
    X(write, "pipe write", FD, full_pipe, by_reading, (write(s->fd, s->buffer, 1)))                          \
    X(__write, "pipe write", FD, full_pipe, by_reading, (__write(s->fd, s->buffer, 1)))                      \
    X(writev, "pipe write", FD, full_pipe, by_reading, (writev(s->fd, IOV(s))))                              \
    X(pwritev2, "pipe write", FD, full_pipe, by_reading, (pwritev2(s->fd, IOV(s), -1, 0)))                   \
    X(pwritev64v2, "pipe write", FD, full_pipe, by_reading, (pwritev64v2(s->fd, IOV(s), -1, 0)))             \
    X(recv, "socket read", FD, empty_socket, by_byte, (recv(s->fd, s->buffer, 1, 0)))                        \
    X(__recv_chk, "socket read", FD, empty_socket, by_byte, (__recv_chk(s->fd, s->buffer, 1, 64, 0)))        \
    X(recvfrom, "socket read", FD, empty_socket, by_byte, (recvfrom(s->fd, s->buffer, 1, 0, NULL, NULL)))    \
    X(__recvfrom_chk, "socket read", FD, empty_socket, by_byte,                                              \
      (__recvfrom_chk(s->fd, s->buffer, 1, 64, 0, NULL, NULL)))                                              \
    X(recvmsg, "socket read", FD, empty_socket, by_byte, (recvmsg(s->fd, MSG(s))))                           \
    X(recvmmsg, "socket read", FD, empty_socket, by_byte, (recvmmsg(s->fd, MMSG(s), NULL)))                  \
    X(send, "socket write", FD, full_socket, by_reading, (send(s->fd, s->buffer, 1, 0)))                     \
    X(__send, "socket write", FD, full_socket, by_reading, (__send(s->fd, s->buffer, 1, 0)))                 \
    X(sendto, "socket write", FD, full_socket, by_reading, (sendto(s->fd, s->buffer, 1, 0, NULL, 0)))        \
    X(sendmsg, "socket write", FD, full_socket, by_reading, (sendmsg(s->fd, MSG(s))))                        \
    X(sendmmsg, "socket write", FD, full_socket, by_reading, (sendmmsg(s->fd, MMSG(s))))                     \
    X(accept, "accept", FD, listener, by_connecting, (accept(s->fd, NULL, NULL) > 0))                        \
    X(accept4, "accept", FD, listener, by_connecting, (accept4(s->fd, NULL, NULL, 0) > 0))                   \
    X(connect, "connect", FD, full_listener, by_accepting, (connect_to(s)))                                  \
    X(__connect, "connect", FD, full_listener, by_accepting, (connect_by_alias(s)))                          \
    X(splice, "pipe read", FD, two_pipes, by_byte, (splice(s->fd, NULL, s->out, NULL, 1, 0)))                \
    X(tee, "pipe read", FD, two_pipes, by_byte, (tee(s->fd, s->out, 1, 0)))                                  \
    X(vmsplice, "pipe write", FD, full_pipe, by_reading, (vmsplice(s->fd, IOV(s), 0)))                       \
    X(sendfile, "socket write", FD, full_socket, by_reading, (sendfile(s->fd, s->out, NULL, 1)))             \
    X(sendfile64, "socket write", FD, full_socket, by_reading, (sendfile64(s->fd, s->out, NULL, 1)))         \
    X(poll, "poll", FD, empty_pipe, by_byte, (poll(&s->pollfd, 1, -1)))                                      \
    X(__poll, "poll", FD, empty_pipe, by_byte, (__poll(&s->pollfd, 1, -1)))                                  \
    X(__poll_chk, "poll", FD, empty_pipe, by_byte, (__poll_chk(&s->pollfd, 1, -1, sizeof s->pollfd)))        \
    X(ppoll, "poll", FD, empty_pipe, by_byte, (ppoll(&s->pollfd, 1, NULL, NULL)))                            \
    X(__ppoll_chk, "poll", FD, empty_pipe, by_byte,                                                          \
      (__ppoll_chk(&s->pollfd, 1, NULL, NULL, sizeof s->pollfd)))                                            \
    X(select, "select", NONE, empty_pipe, by_byte, (select(SETS(s), NULL)))                                  \
    X(__select, "select", NONE, empty_pipe, by_byte, (__select(SETS(s), NULL)))                              \
    X(pselect, "select", NONE, empty_pipe, by_byte, (pselect(SETS(s), NULL, NULL)))                          \
    X(epoll_wait, "epoll wait", FD, epoll, by_byte, (epoll_wait(s->fd, &s->event, 1, -1)))                   \
    X(epoll_pwait, "epoll wait", FD, epoll, by_byte, (epoll_pwait(s->fd, &s->event, 1, -1, NULL)))           \
    X(epoll_pwait2, "epoll wait", FD, epoll, by_byte, (epoll_pwait2(s->fd, &s->event, 1, NULL, NULL)))       \
    X(sleep, "sleep", NONE, nothing, by_signal, (sleep(100) > 80))                                           \
    X(usleep, "sleep", NONE, nothing, by_signal, (usleep(MINUTES_US)))                                       \
    X(nanosleep, "sleep", NONE, nothing, by_signal, (nanosleep(LONG_SPAN, NULL)))                            \
    X(__nanosleep, "sleep", NONE, nothing, by_signal, (__nanosleep(LONG_SPAN, NULL)))                        \
    X(clock_nanosleep, "sleep", NONE, nothing, by_signal,                                                    \
      (clock_nanosleep(CLOCK_MONOTONIC, 0, LONG_SPAN, NULL)))                                                \
    X(thrd_sleep, "sleep", NONE, nothing, by_signal, (thrd_sleep(LONG_SPAN, NULL)))                          \
    X(pause, "pause", NONE, nothing, by_signal, (pause()))                                                   \
    X(sigsuspend, "signal wait", NONE, signals, by_signal, (sigsuspend(&s->mask)))                           \
    X(__sigsuspend, "signal wait", NONE, signals, by_signal, (__sigsuspend(&s->mask)))                       \
    X(sigpause, "signal wait", NONE, signals, by_signal, (bsd_sigpause(0)))                                  \
    X(__xpg_sigpause, "signal wait", NONE, signals, by_signal, (__xpg_sigpause(SIGUSR2)))                    \
    X(__sigpause, "signal wait", NONE, signals, by_signal, (__sigpause(SIGUSR2, 1)))                         \
    X(sigwait, "signal wait", NONE, signals, by_awaited, (sigwait(&s->signals, &(int){0})))                  \
    X(sigwaitinfo, "signal wait", NONE, signals, by_awaited, (sigwaitinfo(&s->signals, NULL)))               \
    X(sigtimedwait, "signal wait", NONE, signals, by_awaited, (sigtimedwait(&s->signals, NULL, NULL)))       \
    X(wait, "child wait", NONE, child, by_byte, (wait(NULL) > 0))                                            \
    X(__wait, "child wait", NONE, child, by_byte, (__wait(NULL) > 0))                                        \
    X(waitpid, "child wait", NONE, child, by_byte, (waitpid(s->child, NULL, 0) > 0))                         \
    X(__waitpid, "child wait", NONE, child, by_byte, (__waitpid(s->child, NULL, 0) > 0))                     \
    X(wait3, "child wait", NONE, child, by_byte, (wait3(NULL, 0, NULL) > 0))                                 \
    X(wait4, "child wait", NONE, child, by_byte, (wait4(s->child, NULL, 0, NULL) > 0))                       \
    X(waitid, "child wait", NONE, child, by_byte, (waitid(P_PID, (id_t)s->child, NULL, WEXITED)))            \
    X(pthread_mutex_lock, "mutex lock", ADDRESS, mutex, by_unlocking, (pthread_mutex_lock(&s->mutex)))       \
    X(pthread_mutex_timedlock, "mutex lock", ADDRESS, mutex, by_unlocking,                                   \
      (pthread_mutex_timedlock(&s->mutex, FAR_AWAY)))                                                        \
    X(pthread_mutex_clocklock, "mutex lock", ADDRESS, mutex, by_unlocking,                                   \
      (pthread_mutex_clocklock(&s->mutex, CLOCK_REALTIME, FAR_AWAY)))                                        \
    X(pthread_rwlock_rdlock, "rwlock read lock", ADDRESS, rwlock, by_rwlock_unlock,                          \
      (pthread_rwlock_rdlock(&s->rwlock)))                                                                   \
    X(pthread_rwlock_timedrdlock, "rwlock read lock", ADDRESS, rwlock, by_rwlock_unlock,                     \
      (pthread_rwlock_timedrdlock(&s->rwlock, FAR_AWAY)))                                                    \
    X(pthread_rwlock_clockrdlock, "rwlock read lock", ADDRESS, rwlock, by_rwlock_unlock,                     \
      (pthread_rwlock_clockrdlock(&s->rwlock, CLOCK_REALTIME, FAR_AWAY)))                                    \
    X(pthread_rwlock_wrlock, "rwlock write lock", ADDRESS, rwlock, by_rwlock_unlock,                         \
      (pthread_rwlock_wrlock(&s->rwlock)))                                                                   \
    X(pthread_rwlock_timedwrlock, "rwlock write lock", ADDRESS, rwlock, by_rwlock_unlock,                    \
      (pthread_rwlock_timedwrlock(&s->rwlock, FAR_AWAY)))                                                    \
    X(pthread_rwlock_clockwrlock, "rwlock write lock", ADDRESS, rwlock, by_rwlock_unlock,                    \
      (pthread_rwlock_clockwrlock(&s->rwlock, CLOCK_REALTIME, FAR_AWAY)))                                    \
    X(mtx_lock, "mutex lock", ADDRESS, mtx, by_mtx_unlock, (mtx_lock(&s->mtx)))                              \
    X(mtx_timedlock, "mutex lock", ADDRESS, mtx, by_mtx_unlock, (mtx_timedlock(&s->mtx, FAR_AWAY)))          \
    X(pthread_spin_lock, "spin lock", ADDRESS, spin, by_spin_unlock, (pthread_spin_lock(&s->spin)))          \
    X(pthread_once, "once", ADDRESS, once, by_release, (pthread_once(&s->once, routine_of_once)))            \
    X(call_once, "once", ADDRESS, call_once, by_release, (call_once(&s->flag, routine_of_once), 0))          \
    X(pthread_cond_wait, "cond wait", ADDRESS, cond, by_cond,                                                \
      (HOLDING(s, pthread_cond_wait(&s->cond, &s->mutex))))                                                  \
    X(pthread_cond_timedwait, "cond wait", ADDRESS, cond, by_cond,                                           \
      (HOLDING(s, pthread_cond_timedwait(&s->cond, &s->mutex, FAR_AWAY))))                                   \
    X(pthread_cond_clockwait, "cond wait", ADDRESS, cond, by_cond,                                           \
      (HOLDING(s, pthread_cond_clockwait(&s->cond, &s->mutex, CLOCK_REALTIME, FAR_AWAY))))                   \
    X(cnd_wait, "cond wait", ADDRESS, cnd, by_cnd, (HOLDING(s, cnd_wait(&s->cnd, &s->mtx))))                 \
    X(cnd_timedwait, "cond wait", ADDRESS, cnd, by_cnd,                                                      \
      (HOLDING(s, cnd_timedwait(&s->cnd, &s->mtx, FAR_AWAY))))                                               \
    X(pthread_cond_destroy, "cond wait", ADDRESS, waited_cond, by_cond_broadcast,                            \
      (pthread_cond_destroy(&s->cond)))                                                                      \
    X(cnd_destroy, "cond wait", ADDRESS, waited_cnd, by_cnd_broadcast, (cnd_destroy(&s->cnd), 0))            \
    X(sem_wait, "semaphore wait", ADDRESS, sem, by_post, (sem_wait(&s->sem)))                                \
    X(sem_timedwait, "semaphore wait", ADDRESS, sem, by_post, (sem_timedwait(&s->sem, FAR_AWAY)))            \
    X(sem_clockwait, "semaphore wait", ADDRESS, sem, by_post,                                                \
      (sem_clockwait(&s->sem, CLOCK_REALTIME, FAR_AWAY)))                                                    \
    X(pthread_barrier_wait, "barrier wait", ADDRESS, barrier, by_arriving,                                   \
      (pthread_barrier_wait(&s->barrier) <= 0))                                                              \
    X(pthread_join, "thread join", NONE, joined, by_release, (pthread_join(s->target, NULL)))                \
    X(pthread_timedjoin_np, "thread join", NONE, joined, by_release,                                         \
      (pthread_timedjoin_np(s->target, NULL, FAR_AWAY)))                                                     \
    X(pthread_clockjoin_np, "thread join", NONE, joined, by_release,                                         \
      (pthread_clockjoin_np(s->target, NULL, CLOCK_REALTIME, FAR_AWAY)))                                     \
    X(thrd_join, "thread join", NONE, joined_c11, by_release, (thrd_join(s->target, NULL)))                  \
    X(msgrcv, "message queue receive", NONE, message_queue, by_message,                                      \
      (msgrcv(s->ipc, &(struct message){0}, 8, 0, 0)))                                                       \
    X(msgsnd, "message queue send", NONE, full_message_queue, by_taking_messages,                            \
      (msgsnd(s->ipc, &(struct message){.type = 1}, 8, 0)))                                                  \
    X(semop, "semaphore wait", NONE, ipc_semaphore, by_ipc_post, (semop(s->ipc, DOWN)))                      \
    X(semtimedop, "semaphore wait", NONE, ipc_semaphore, by_ipc_post, (semtimedop(s->ipc, DOWN, LONG_SPAN))) \
    X(mq_receive, "message queue receive", FD, posix_queue, by_posix_message,                                \
      (mq_receive(s->queue, s->buffer, sizeof s->buffer, NULL)))                                             \
    X(mq_timedreceive, "message queue receive", FD, posix_queue, by_posix_message,                           \
      (mq_timedreceive(s->queue, s->buffer, sizeof s->buffer, NULL, FAR_AWAY)))                              \
    X(mq_send, "message queue send", FD, full_posix_queue, by_taking_posix_message,                          \
      (mq_send(s->queue, s->buffer, 1, 0)))                                                                  \
    X(mq_timedsend, "message queue send", FD, full_posix_queue, by_taking_posix_message,                     \
      (mq_timedsend(s->queue, s->buffer, 1, 0, FAR_AWAY)))                                                   \
    X(flock, "file lock", FD, flocked, by_flock, (flock(s->fd, LOCK_EX)))                                    \
    X(lockf, "file lock", FD, child_locked, by_killing, (lockf(s->fd, F_LOCK, 0)))                           \
    X(lockf64, "file lock", FD, child_locked, by_killing, (lockf64(s->fd, F_LOCK, 0)))                       \
    X(fcntl, "file lock", FD, child_locked, by_killing,                                                      \
      (fcntl(s->fd, F_SETLKW, &(struct flock){.l_type = F_WRLCK})))                                          \
    X(fcntl64, "file lock", FD, ofd_locked, by_ofd_unlock,                                                   \
      (fcntl64(s->fd, F_OFD_SETLKW, &(struct flock){.l_type = F_WRLCK})))                                    \
    X(__fcntl, "file lock", FD, ofd_locked, by_ofd_unlock,                                                   \
      (__fcntl(s->fd, F_OFD_SETLKW, &(struct flock){.l_type = F_WRLCK})))                                    \
    X(aio_suspend, "futex", NONE, aio, by_byte, (aio_suspend(LIST(s), NULL)))                                \
    X(aio_suspend64, "futex", NONE, aio, by_byte, (aio_suspend64(LIST64(s), NULL)))                          \
    X(syscall, "futex", ADDRESS, word, by_futex,                                                             \
      (syscall(SYS_futex, &s->word, FUTEX_WAIT_PRIVATE, 0, NULL)))                                           \
    X(syscall, "pipe read", FD, empty_pipe, by_byte, (syscall(SYS_read, s->fd, s->buffer, 1)))

/* X(call, setting up, the call with a timeout: s->span or s->until)
 * Not recvmmsg: its timeout is looked at only when a message has come (recvmmsg(2), BUGS). */
#define TIMED_ROWS(X)                                                                                     \
    X(poll, empty_pipe, (poll(&s->pollfd, 1, SPAN_MS)))                                                   \
    X(__poll, empty_pipe, (__poll(&s->pollfd, 1, SPAN_MS)))                                               \
    X(__poll_chk, empty_pipe, (__poll_chk(&s->pollfd, 1, SPAN_MS, sizeof s->pollfd)))                     \
    X(ppoll, empty_pipe, (ppoll(&s->pollfd, 1, &s->span, NULL)))                                          \
    X(__ppoll_chk, empty_pipe, (__ppoll_chk(&s->pollfd, 1, &s->span, NULL, sizeof s->pollfd)))            \
    X(select, empty_pipe, (select(SETS(s), &(struct timeval){0, SPAN_MS * 1000})))                        \
    X(__select, empty_pipe, (__select(SETS(s), &(struct timeval){0, SPAN_MS * 1000})))                    \
    X(pselect, empty_pipe, (pselect(SETS(s), &s->span, NULL)))                                            \
    X(epoll_wait, epoll, (epoll_wait(s->fd, &s->event, 1, SPAN_MS)))                                      \
    X(epoll_pwait, epoll, (epoll_pwait(s->fd, &s->event, 1, SPAN_MS, NULL)))                              \
    X(epoll_pwait2, epoll, (epoll_pwait2(s->fd, &s->event, 1, &s->span, NULL)))                           \
    X(sleep, nothing, (sleep(1)))                                                                         \
    X(usleep, nothing, (usleep(SPAN_MS * 1000)))                                                          \
    X(nanosleep, nothing, (nanosleep(&s->span, NULL)))                                                    \
    X(__nanosleep, nothing, (__nanosleep(&s->span, NULL)))                                                \
    X(clock_nanosleep, nothing, (clock_nanosleep(CLOCK_MONOTONIC, 0, &s->span, NULL)))                    \
    X(clock_nanosleep, nothing, (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &s->until, NULL)))        \
    X(thrd_sleep, nothing, (thrd_sleep(&s->span, NULL)))                                                  \
    X(sigtimedwait, signals, (sigtimedwait(&s->signals, NULL, &s->span)))                                 \
    X(pthread_mutex_timedlock, mutex, (pthread_mutex_timedlock(&s->mutex, &s->until)))                    \
    X(pthread_mutex_clocklock, mutex, (pthread_mutex_clocklock(&s->mutex, CLOCK_REALTIME, &s->until)))    \
    X(pthread_rwlock_timedrdlock, rwlock, (pthread_rwlock_timedrdlock(&s->rwlock, &s->until)))            \
    X(pthread_rwlock_clockrdlock, rwlock,                                                                 \
      (pthread_rwlock_clockrdlock(&s->rwlock, CLOCK_REALTIME, &s->until)))                                \
    X(pthread_rwlock_timedwrlock, rwlock, (pthread_rwlock_timedwrlock(&s->rwlock, &s->until)))            \
    X(pthread_rwlock_clockwrlock, rwlock,                                                                 \
      (pthread_rwlock_clockwrlock(&s->rwlock, CLOCK_REALTIME, &s->until)))                                \
    X(mtx_timedlock, mtx, (mtx_timedlock(&s->mtx, &s->until)))                                            \
    X(pthread_cond_timedwait, cond, (HOLDING(s, pthread_cond_timedwait(&s->cond, &s->mutex, &s->until)))) \
    X(pthread_cond_clockwait, cond,                                                                       \
      (HOLDING(s, pthread_cond_clockwait(&s->cond, &s->mutex, CLOCK_REALTIME, &s->until))))               \
    X(cnd_timedwait, cnd, (HOLDING(s, cnd_timedwait(&s->cnd, &s->mtx, &s->until))))                       \
    X(sem_timedwait, sem, (sem_timedwait(&s->sem, &s->until)))                                            \
    X(sem_clockwait, sem, (sem_clockwait(&s->sem, CLOCK_REALTIME, &s->until)))                            \
    X(pthread_timedjoin_np, joined, (pthread_timedjoin_np(s->target, NULL, &s->until)))                   \
    X(pthread_clockjoin_np, joined, (pthread_clockjoin_np(s->target, NULL, CLOCK_REALTIME, &s->until)))   \
    X(semtimedop, ipc_semaphore, (semtimedop(s->ipc, DOWN, &s->span)))                                    \
    X(mq_timedreceive, posix_queue,                                                                       \
      (mq_timedreceive(s->queue, s->buffer, sizeof s->buffer, NULL, &s->until)))                          \
    X(mq_timedsend, full_posix_queue, (mq_timedsend(s->queue, s->buffer, 1, 0, &s->until)))               \
    X(aio_suspend, aio, (aio_suspend(LIST(s), &s->span)))                                                 \
    X(aio_suspend64, aio, (aio_suspend64(LIST64(s), &s->span)))                                           \
    X(syscall, word, (syscall(SYS_futex, &s->word, FUTEX_WAIT_PRIVATE, 0, &s->span)))                     \
    X(syscall, word,                                                                                      \
      (syscall(SYS_futex, &s->word, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 0, &s->until, NULL, \
               ~0)))
