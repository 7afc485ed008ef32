/* The calls that sequences.c draws from. A new one is one row: X(call, expression). */
#pragma once

#define SEQUENCE_CALLS(X)                                                                                   \
    X(read, read(OUTS, BUFFER, SIZE))                                                                       \
    X(readv, readv(OUTS, parts(), SMALL))                                                                   \
    X(pread, pread(FD, BUFFER, SIZE, OFFSET))                                                               \
    X(preadv, preadv(FD, parts(), SMALL, OFFSET))                                                           \
    X(preadv2, preadv2(OUTS, parts(), SMALL, CHOOSE(long, -1, 0), CHOOSE(int, 0, RWF_NOWAIT, -1)))          \
    X(write, write(INS, BUFFER, SIZE))                                                                      \
    X(writev, writev(INS, parts(), SMALL))                                                                  \
    X(pwrite, pwrite(FD, BUFFER, CHOOSE(size_t, 0, 1, 64), OFFSET))                                         \
    X(pwritev, pwritev(FD, parts(), SMALL, CHOOSE(long, 0, -1)))                                            \
    X(pwritev2, pwritev2(INS, parts(), SMALL, CHOOSE(long, -1, 0), CHOOSE(int, 0, -1)))                     \
    X(recv, recv(SOCKETS, BUFFER, SIZE, FLAGS))                                                             \
    X(recvfrom, recvfrom(SOCKETS, BUFFER, SIZE, FLAGS, address(), LENGTH))                                  \
    X(recvmsg, recvmsg(SOCKETS, message(), FLAGS))                                                          \
    X(recvmmsg, recvmmsg(SOCKETS, messages(), CHOOSE(unsigned, 2, 1, 0), FLAGS, unheeded_span()))           \
    X(send, send(SOCKETS, BUFFER, SIZE, FLAGS))                                                             \
    X(sendto, sendto(SOCKETS, BUFFER, SIZE, FLAGS, address(), CHOOSE(socklen_t, 0, 2, 110, 1000000)))       \
    X(sendmsg, sendmsg(SOCKETS, message(), FLAGS))                                                          \
    X(sendmmsg, sendmmsg(SOCKETS, messages(), CHOOSE(unsigned, 2, 1, 0), FLAGS))                            \
    X(accept, accept(LISTENERS, address(), LENGTH))                                                         \
    X(accept4, accept4(LISTENERS, address(), LENGTH, CHOOSE(int, 0, SOCK_NONBLOCK, SOCK_CLOEXEC, -1)))      \
    X(connect, connect(LISTENERS, address(), CHOOSE(socklen_t, 110, 14, 0, 1000000)))                       \
    X(connect_to_listener, connect(FD_LIKE(FD_unconnected), (struct sockaddr *)&listener, listener_length)) \
    X(poll, poll(polled(), POLLED_COUNT, MS))                                                               \
    X(ppoll, ppoll(polled(), POLLED_COUNT, SPAN, mask()))                                                   \
    X(select, select(SET_SIZE, fds(0), fds(1), fds(2), time_span_us()))                                     \
    X(pselect, pselect(SET_SIZE, fds(0), fds(1), fds(2), SPAN, mask()))                                     \
    X(epoll_wait, epoll_wait(SETS, events(), CHOOSE(int, 1, 4, 0, -1), MS))                                 \
    X(epoll_pwait, epoll_pwait(SETS, events(), CHOOSE(int, 1, 4, 0, -1), MS, mask()))                       \
    X(epoll_pwait2, epoll_pwait2(SETS, events(), CHOOSE(int, 1, 4, 0, -1), SPAN, mask()))                   \
    X(epoll_ctl, epoll_ctl(SETS, CHOOSE(int, 1, 2, 3), FD, &(struct epoll_event){.events = EPOLLIN}))       \
    X(nanosleep, nanosleep(SPAN, rest_or_null()))                                                           \
    X(clock_nanosleep, clock_nanosleep(SOME_CLOCK, 0, SPAN, rest_or_null()))                                \
    X(clock_nanosleep_until,                                                                                \
      clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, deadline(CLOCK_MONOTONIC), rest_or_null()))           \
    X(thrd_sleep, thrd_sleep(SPAN, rest_or_null()))                                                         \
    X(usleep, usleep(microseconds()))                                                                       \
    X(sleep, sleep(CHOOSE(unsigned, 0, 100000)) > 90000)                                                    \
    X(pause, pause())                                                                                       \
    X(sigsuspend, sigsuspend(OR_BAD((sigemptyset(&arguments.mask), &arguments.mask))))                      \
    X(sigwait, sigwait(awaited(), OR_BAD(&arguments.info)))                                                 \
    X(sigwaitinfo, sigwaitinfo(awaited(), info()))                                                          \
    X(sigtimedwait, sigtimedwait(awaited(), info(), SPAN))                                                  \
    X(raise, raise(SIGUSR2))                                                                                \
    X(sem_wait, sem_wait(&sem))                                                                             \
    X(sem_timedwait, sem_timedwait(&sem, deadline(CLOCK_REALTIME)))                                         \
    X(sem_clockwait, ({                                                                                     \
          clockid_t clock = SOME_CLOCK;                                                                     \
          sem_clockwait(&sem, clock, deadline(clock));                                                      \
      }))                                                                                                   \
    X(sem_post, sem_post(&sem))                                                                             \
    X(pthread_cond_wait, (pthread_mutex_lock(&mutex), pthread_cond_wait(&cond, &mutex)))                    \
    X(pthread_cond_timedwait,                                                                               \
      (pthread_mutex_lock(&mutex), pthread_cond_timedwait(&cond, &mutex, deadline(CLOCK_REALTIME))))        \
    X(pthread_mutex_unlock, pthread_mutex_unlock(&mutex))                                                   \
    X(pthread_join, (begin_target(), pthread_join(target, NULL)))                                           \
    X(pthread_timedjoin_np, (begin_target(), pthread_timedjoin_np(target, NULL, valid_deadline())))         \
    X(waitpid, waitpid(CHOOSE(pid_t, -1, 0, 1, 2000000000), NULL, CHOOSE(int, 0, WNOHANG, -1)))             \
    X(waitid, waitid(CHOOSE(int, P_ALL, P_PID, 77), 1, info(), CHOOSE(int, WEXITED, WEXITED | WNOHANG, 0))) \
    X(wait4, wait4(-1, OR_BAD(NULL), 0, NULL))                                                              \
    X(splice, splice(PIPES, OR_BAD(NULL), PIPES, NULL, SIZE, CHOOSE(unsigned, 0, SPLICE_F_NONBLOCK, 255)))  \
    X(tee, tee(PIPES, PIPES, SIZE, CHOOSE(unsigned, 0, SPLICE_F_NONBLOCK)))                                 \
    X(vmsplice, vmsplice(PIPES, parts(), CHOOSE(size_t, 1, 0), CHOOSE(unsigned, 0, SPLICE_F_NONBLOCK)))     \
    X(sendfile, sendfile(INS, FD_LIKE(FD_file, FD_zero), OR_BAD(NULL), CHOOSE(size_t, 0, 1, 5000)))         \
    X(copy_file_range, copy_file_range(FD, OR_BAD(NULL), FD, NULL, SIZE, 0))                                \
    X(flock, flock(FD, CHOOSE(int, LOCK_SH, LOCK_EX, LOCK_UN, 77)))                                         \
    X(lockf, lockf(FD, CHOOSE(int, F_LOCK, F_TLOCK, F_ULOCK, F_TEST, 9), 0))                                \
    X(fcntl_set_flags, fcntl(FD, F_SETFL, CHOOSE(int, 0, O_NONBLOCK)))                                      \
    X(fcntl_lock, fcntl(FD, F_SETLKW, OR_BAD(&(struct flock){.l_type = (short)SMALL})))                     \
    X(shutdown, shutdown(FD_LIKE(FD_stream, FD_streams_other), SMALL))                                      \
    X(close, close(FD))                                                                                     \
    X(dup, dup(FD))                                                                                         \
    X(pipe2, pipe2(OR_BAD(&arguments.info), CHOOSE(int, 0, O_NONBLOCK, 0x7fffffff)))                        \
    X(timerfd_settime,                                                                                      \
      timerfd_settime(FD_LIKE(FD_timer), 0, &(struct itimerspec){.it_value = {CHOOSE(time_t, 0, 1000), 0}}, \
                      NULL))                                                                                \
    X(syscall_read, syscall(SYS_read, OUTS, BUFFER, SIZE))                                                  \
    X(syscall_poll, poll_by_number(polled(), POLLED_COUNT, MS))                                             \
    X(syscall_futex,                                                                                        \
      syscall(SYS_futex, OR_BAD(&word), CHOOSE(int, 0, 128, 9, 5, 77), SMALL, SPAN, NULL, -1))              \
    X(syscall_nothing, syscall(CHOOSE(long, 100000, -1)))                                                   \
    X(prctl, prctl(CHOOSE(int, PR_GET_NAME, PR_SET_NAME, PR_GET_DUMPABLE, 9999),                            \
                   OR_BAD(arguments.mask.__val), 0, 0, 0))                                                  \
    X(signal, (long)signal(CHOOSE(int, SIGUSR1, SIGTERM, SIGHUP, 0, 65, SIGKILL), SIG_IGN))                 \
    X(sigaction, sigaction(CHOOSE(int, SIGUSR1, SIGINT, SIGHUP, 0, 65, SIGKILL, 32), OR_BAD(NULL),          \
                           (struct sigaction *)OR_BAD(&old_action)))                                        \
    X(siginterrupt, siginterrupt(CHOOSE(int, SIGUSR1, SIGINT, 0, 65), SMALL))                               \
    X(pthread_setname_np,                                                                                   \
      pthread_setname_np(pthread_self(), draw_of(2) ? "a name" : "a name that is much too long"))
