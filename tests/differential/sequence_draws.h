/* The arguments of random calls: what can be drawn for each kind of parameter. Every draw says its choice in the
 * call's line, and depends on the seed, the call's number in its sequence and the draw's in its call: what a
 * call answered changes none after it. */
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "sequence_stage.h"

struct draw {
    uint64_t seed;
    unsigned call, number;
};
extern struct draw draw;

static inline unsigned draw_of(unsigned among) {
    return drawn(draw.seed, draw.call, draw.number++, among);
}

/* X(name, statements that make the descriptor `fd`). Two ends are made by the first of them. */
#define DESCRIPTORS(X)                                                                                   \
    X(pipe_out, (make(pipe2(two, 0)), fd = two[0]))                                                      \
    X(pipe_in, fd = two[1])                                                                              \
    X(nonblocking_pipe_out, (make(pipe2(two, O_NONBLOCK)), fd = two[0]))                                 \
    X(nonblocking_pipe_in, fd = two[1])                                                                  \
    X(small_pipe_out, (make(pipe2(two, 0)), fcntl(two[1], F_SETPIPE_SZ, 4096), fd = two[0]))             \
    X(small_pipe_in, fd = two[1])                                                                        \
    X(pipe_at_its_end, (make(pipe2(two, 0)), close(two[1]), fd = two[0]))                                \
    X(pipe_without_reader, (make(pipe2(two, 0)), close(two[0]), fd = two[1]))                            \
    X(stream, (make(socketpair(AF_UNIX, SOCK_STREAM, 0, two)), fd = two[0]))                             \
    X(streams_other, fd = two[1])                                                                        \
    X(datagram, (make(socketpair(AF_UNIX, SOCK_DGRAM, 0, two)), fd = two[0]))                            \
    X(datagrams_other, fd = two[1])                                                                      \
    X(nonblocking_stream, (make(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, two)), fd = two[0])) \
    X(stream_at_its_end, (make(socketpair(AF_UNIX, SOCK_STREAM, 0, two)), close(two[1]), fd = two[0]))   \
    X(unconnected, fd = socket(AF_UNIX, SOCK_STREAM, 0))                                                 \
    X(listener, (fd = socket(AF_UNIX, SOCK_STREAM, 0), listen_on(fd)))                                   \
    X(counter, fd = eventfd(0, 0))                                                                       \
    X(semaphore, fd = eventfd(2, EFD_SEMAPHORE))                                                         \
    X(nonblocking_counter, fd = eventfd(0, EFD_NONBLOCK))                                                \
    X(timer, fd = timerfd_create(CLOCK_MONOTONIC, 0))                                                    \
    X(expired_timer, (fd = timerfd_create(CLOCK_MONOTONIC, 0), expire(fd)))                              \
    X(set, (fd = epoll_create1(0), watch(fd, first_fd + 0), watch(fd, first_fd + 8)))                    \
    X(empty_set, fd = epoll_create1(0))                                                                  \
    X(null, fd = open("/dev/null", O_RDWR))                                                              \
    X(zero, fd = open("/dev/zero", O_RDWR))                                                              \
    X(file, (fd = memfd_create("sequences", 0), make(ftruncate(fd, 100000))))                            \
    X(directory, fd = open("/", O_RDONLY | O_DIRECTORY))                                                 \
    X(path_only, fd = open("/", O_PATH))                                                                 \
    X(read_only, fd = open("/dev/null", O_RDONLY))                                                       \
    X(closed, fd = 900)                                                                                  \
    X(negative, fd = -1)                                                                                 \
    X(too_high, fd = 1 << 30)

enum descriptor {
#define X(name, statements) FD_##name,
    DESCRIPTORS(X)
#undef X
        DESCRIPTOR_COUNT
};
extern int descriptors[DESCRIPTOR_COUNT];
extern const char *const descriptor_names[DESCRIPTOR_COUNT];
static inline int named_fd(void) {
    unsigned which = draw_of(DESCRIPTOR_COUNT);
    say(" %s", descriptor_names[which]);
    return descriptors[which];
}
static inline int fd_among(const enum descriptor *choices, unsigned count) {
    enum descriptor which = choices[draw_of(count)];
    say(" %s", descriptor_names[which]);
    return descriptors[which];
}
#define FD named_fd()
/* One that suits the call, half of the time. */
#define FD_LIKE(...)  \
    (draw_of(2)       \
         ? named_fd() \
         : fd_among((const enum descriptor[]){__VA_ARGS__}, sizeof(int[]){__VA_ARGS__} / sizeof(int)))
#define OUTS                                                                                      \
    FD_LIKE(FD_pipe_out, FD_small_pipe_out, FD_stream, FD_datagram, FD_counter, FD_expired_timer, \
            FD_nonblocking_pipe_out)
#define INS                                                                                 \
    FD_LIKE(FD_pipe_in, FD_small_pipe_in, FD_streams_other, FD_datagrams_other, FD_counter, \
            FD_pipe_without_reader)
#define SOCKETS \
    FD_LIKE(FD_stream, FD_datagram, FD_streams_other, FD_datagrams_other, FD_stream_at_its_end, FD_listener)
#define LISTENERS FD_LIKE(FD_listener, FD_unconnected)
#define SETS      FD_LIKE(FD_set, FD_empty_set)
#define PIPES     FD_LIKE(FD_pipe_out, FD_pipe_in, FD_small_pipe_out, FD_small_pipe_in)

/* Memory that calls write to ends where a page that nobody may touch begins. */
enum { ARENA = 1 << 17 };
extern char *arena;
static inline void *bad_pointer(void) {
    return (void *)8;
}

#define CHOOSE(type, ...)                                         \
    ({                                                            \
        const type values[] = {__VA_ARGS__};                      \
        unsigned which = draw_of(sizeof values / sizeof *values); \
        say(" %lld", (long long)values[which]);                   \
        values[which];                                            \
    })
#define SIZE   CHOOSE(size_t, 0, 1, 3, 8, 8, 64, 5000, 70000, SIZE_MAX)
#define FLAGS  CHOOSE(int, 0, 0, 0, MSG_DONTWAIT, MSG_PEEK, MSG_OOB, MSG_WAITALL, MSG_NOSIGNAL, 0x7fffffff)
#define OFFSET CHOOSE(long, 0, -1, 4096, 1L << 40)
#define SMALL  CHOOSE(int, 0, 1, 2, 3, -1)
#define SOME_CLOCK                                                                                         \
    CHOOSE(int, CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_THREAD_CPUTIME_ID, \
           9999)

static inline void *buffer(void) {
    static const char *const names[] = {"good", "good", "good", "at_the_edge", "bad", "NULL"};
    unsigned which = draw_of(6);
    say(" %s", names[which]);
    return which < 3 ? arena : which == 3 ? arena + ARENA - 3 : which == 4 ? bad_pointer() : NULL;
}
#define BUFFER buffer()

/* Each kind of argument in a place of its own, so that what a call writes there can be told. */
struct arguments {
    struct iovec parts[4];
    struct msghdr message;
    struct mmsghdr messages[2];
    struct pollfd polled[4];
    fd_set sets[3 * 8];
    struct epoll_event events[4];
    sigset_t mask, awaited;
    siginfo_t info;
    struct sockaddr_un address;
    socklen_t length;
    long offset;
};
extern struct arguments arguments;
/* Times that the kernel writes back: how much is left is not compared to the microsecond. */
extern struct timespec span, rest;
extern struct timeval span_us;

#define OR_BAD(pointer) (draw_of(12) == 0 ? (say(" bad"), bad_pointer()) : (void *)(pointer))

/* What is short ends by itself; what is long is left to the events. */
static inline const struct timespec *time_span(void) {
    static const struct timespec spans[] = {{0, 0},          {0, 2000000}, {1000, 0}, {1000, 0},
                                            {0, 1000000000}, {0, -1},      {-1, 0}};
    unsigned which = draw_of(9);
    say(which < 7    ? " {%ld,%ld}"
        : which == 7 ? " NULL"
                     : " bad",
        which < 7 ? spans[which].tv_sec : 0, which < 7 ? spans[which].tv_nsec : 0);
    stage->timed |= which == 1;
    if (which >= 7)
        return which == 7 ? NULL : bad_pointer();
    span = spans[which];
    return &span;
}
#define SPAN time_span()
/* recvmmsg looks at it after a datagram only (recvmmsg(2), BUGS). */
static inline struct timespec *unheeded_span(void) {
    const struct timespec *drawn_span = time_span();
    stage->timed = false;
    return (struct timespec *)drawn_span;
}
static inline struct timeval *time_span_us(void) {
    const struct timespec *drawn_span = time_span();
    if (drawn_span != &span)
        return (struct timeval *)drawn_span;
    span_us = (struct timeval){span.tv_sec, span.tv_nsec / 1000};
    return &span_us;
}
static inline const struct timespec *deadline_among(unsigned kinds, clockid_t clock) {
    unsigned which = draw_of(kinds);
    say(" %s", (const char *[]){"past", "soon", "far", "far", "too_many_ns"}[which]);
    clock_gettime(clock, &span);
    span.tv_sec += which == 0 ? -1 : which == 1 ? 0 : 1000000;
    span.tv_nsec = which == 4                               ? 1000000000
                   : which == 1 && span.tv_nsec < 997000000 ? span.tv_nsec + 2000000
                                                            : span.tv_nsec;
    stage->timed |= which == 1;
    return &span;
}
static inline const struct timespec *deadline(clockid_t clock) {
    return deadline_among(5, clock);
}
/* A join that is given too many nanoseconds makes a call that the kernel refuses, again and again (glibc 2.36,
 * nptl/pthread_join_common.c). */
static inline const struct timespec *valid_deadline(void) {
    return deadline_among(4, CLOCK_REALTIME);
}
static inline int milliseconds(void) {
    int ms = CHOOSE(int, 0, 2, -1, -1, 1000000, -7);
    stage->timed |= ms == 2;
    return ms;
}
#define MS milliseconds()
static inline useconds_t microseconds(void) {
    useconds_t us = CHOOSE(useconds_t, 0, 100, 1000000000);
    stage->timed |= us <= 100;
    return us;
}

static inline struct iovec *parts(void) {
    for (int i = 0; i < 4; i++) {
        void *base = BUFFER;
        arguments.parts[i] = (struct iovec){base, CHOOSE(size_t, 0, 1, 3, 100, 5000)};
    }
    return OR_BAD(arguments.parts);
}
static inline struct msghdr *message(void) {
    arguments.message = (struct msghdr){.msg_iov = parts(), .msg_iovlen = CHOOSE(size_t, 1, 2, 0, 5000)};
    return OR_BAD(&arguments.message);
}
static inline struct mmsghdr *messages(void) {
    for (int i = 0; i < 2; i++)
        arguments.messages[i].msg_hdr = (struct msghdr){.msg_iov = parts(), .msg_iovlen = 1};
    return OR_BAD(arguments.messages);
}
static inline struct pollfd *polled(void) {
    for (int i = 0; i < 3; i++) {
        int fd = FD;
        arguments.polled[i] =
            (struct pollfd){fd, (short)CHOOSE(int, POLLIN, POLLOUT, POLLIN | POLLOUT, POLLPRI, 0), 0};
    }
    return OR_BAD(arguments.polled);
}
#define POLLED_COUNT CHOOSE(nfds_t, 3, 3, 3, 1, 0, (nfds_t)-1)
static inline fd_set *fds(int which) {
    fd_set *set = &arguments.sets[which * 8];
    if (draw_of(3) == 0)
        return (say(" NULL"), NULL);
    memset(set, 0, sizeof *set * 8);
    for (int i = 0; i < 2; i++) {
        int fd = FD;
        if (fd >= 0 && fd < FD_SETSIZE && fd != 900)
            FD_SET(fd, set);
    }
    return OR_BAD(set);
}
#define SET_SIZE CHOOSE(int, 64, 64, 64, 1024, 0, -1, 5000)
static inline sigset_t *mask(void) {
    sigemptyset(&arguments.mask);
    return draw_of(2) ? (say(" NULL"), NULL) : OR_BAD(&arguments.mask);
}
static inline sigset_t *awaited(void) {
    sigemptyset(&arguments.awaited);
    if (draw_of(3))
        sigaddset(&arguments.awaited, SIGUSR2), say(" {USR2}");
    return OR_BAD(&arguments.awaited);
}
static inline struct epoll_event *events(void) {
    return OR_BAD(arguments.events);
}
static inline siginfo_t *info(void) {
    return draw_of(2) ? NULL : OR_BAD(&arguments.info);
}
static inline struct sockaddr *address(void) {
    arguments.address.sun_family = AF_UNIX;
    arguments.length = CHOOSE(socklen_t, sizeof arguments.address, sizeof(sa_family_t) + 12, 0, 1, 1000000);
    return draw_of(3) ? NULL : OR_BAD(&arguments.address);
}
#define LENGTH OR_BAD(&arguments.length)
static inline struct timespec *rest_or_null(void) {
    return draw_of(2) ? NULL : OR_BAD(&rest);
}
