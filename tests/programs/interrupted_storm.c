/* interrupted_storm calls | own SECONDS: waits in many threads, all sent SIGUSR1 as fast as they take it.
 *
 * calls: calls with a timeout, which must last as long as they were asked to and say so, and calls that move more than
 * fits, which must move all of it. The program handles no signal, so nothing may look interrupted.
 * own: the program's own SIGUSR2 must interrupt a sleep each time that it comes, whatever else does.
 * Prints what went wrong. Its own waiting, and the other ends of the pipes, go past libc. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#include "by_number.h"
#include "older_libc.h"

enum { BIG = 1 << 20, SPAN_MS = 40, THREADS = 10 };
static const struct timespec span = {0, SPAN_MS * 1000000};
static char zeros[BIG];
static int epoll_fd, semaphores, silent_socket, listener, file;
static sem_t never_posted;
static volatile bool stop;
static int wrong;

static double now(void) {
    struct timespec time;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void pass_us(long us) {
    syscall(SYS_nanosleep, &(struct timespec){us / 1000000, us % 1000000 * 1000}, NULL);
}

static void tell(const char *call, long result, int error, double took) {
    __atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
    printf("%s: %ld, %s, after %.4f s\n", call, result, strerror(error), took);
}

/* X(call, result, errno). `same` is both the span and where its rest goes, as in most loops of C and in Rust's std. */
#define TIMED(X)                                                                    \
    X(nanosleep(&span, NULL), 0, 0)                                                 \
    X(nanosleep(&same, &same), 0, 0)                                                \
    X(clock_nanosleep(CLOCK_MONOTONIC, 0, &span, NULL), 0, 0)                       \
    X(clock_nanosleep(CLOCK_MONOTONIC, 0, &same, &same), 0, 0)                      \
    X(thrd_sleep(&span, NULL), 0, 0)                                                \
    X(thrd_sleep(&same, &same), 0, 0)                                               \
    X(syscall(SYS_nanosleep, &same, &same), 0, 0)                                   \
    X(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &same, &same), 0, 0)         \
    X(usleep(SPAN_MS * 1000), 0, 0)                                                 \
    X(syscall(SYS_futex, &word, 0, 0, &span, NULL, 0), -1, ETIMEDOUT)               \
    X(poll_by_number(NULL, 0, SPAN_MS), 0, 0)                                       \
    X(poll(NULL, 0, SPAN_MS), 0, 0)                                                 \
    X(ppoll(NULL, 0, &span, NULL), 0, 0)                                            \
    X(select(0, NULL, NULL, NULL, &(struct timeval){0, SPAN_MS * 1000}), 0, 0)      \
    X(pselect(0, NULL, NULL, NULL, &span, NULL), 0, 0)                              \
    X(epoll_wait(epoll_fd, &event, 1, SPAN_MS), 0, 0)                               \
    X(epoll_pwait2(epoll_fd, &event, 1, &span, NULL), 0, 0)                         \
    X(sigtimedwait(&awaited, NULL, &span), -1, EAGAIN)                              \
    X(semtimedop(semaphores, &(struct sembuf){.sem_op = -1}, 1, &span), -1, EAGAIN) \
    X(sem_timedwait(&never_posted, &until), -1, ETIMEDOUT)                          \
    X(recv(silent_socket, &byte, 1, 0), -1, EAGAIN)                                 \
    X(read(silent_socket, &byte, 1), -1, EAGAIN)                                    \
    X(accept(listener, NULL, NULL), -1, EAGAIN)

/* How much too soon a call may end. A socket's own limit is counted in the kernel's ticks (schedule_timeout in kernel/time/timer.c), the
 * last of which may have just begun, and which a virtual machine whose processors are taken away counts late, and then all at once. */
static double tolerance(const char *call) {
    enum { LATE_TICKS_MS = 30 };
    bool counts_ticks =
        strncmp(call, "accept", 6) == 0 || strstr(call, "(silent_socket,") || strncmp(call, "recv(", 5) == 0;
    return counts_ticks ? LATE_TICKS_MS / 1e3 : 0.0005;
}

static void *times(void *first) {
    enum { FIRST = __COUNTER__ + 1 };
    static const char *const names[] = {
#define X(call, result, error) #call,
        TIMED(X)
#undef X
    };
    enum { CALLS = sizeof names / sizeof *names };
    for (size_t n = (size_t)first; !stop; n++) {
        struct timespec same = span, until;
        struct epoll_event event;
        char byte;
        int word = 0, wanted = 0, wanted_error = 0;
        sigset_t awaited;
        sigemptyset(&awaited);
        sigaddset(&awaited, SIGRTMIN + 5);
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += span.tv_nsec;
        if (until.tv_nsec >= 1000000000)
            until.tv_nsec -= 1000000000, until.tv_sec++;
        long result = 0;
        errno = 0;
        double before = now();
        switch (n % CALLS) {
#define X(call, its_result, its_error)                 \
    case __COUNTER__ - FIRST:                          \
        result = call;                                 \
        wanted = its_result, wanted_error = its_error; \
        break;
            TIMED(X)
#undef X
        }
        int error = errno;
        double took = now() - before;
        if (result != wanted || (result == -1 && error != wanted_error) ||
            took < SPAN_MS / 1e3 - tolerance(names[n % CALLS]))
            tell(names[n % CALLS], result, error, took);
        if (same.tv_sec != span.tv_sec || same.tv_nsec != span.tv_nsec)
            tell("a sleep that was not interrupted changed its rest", 0, error, took);
    }
    return NULL;
}

static void start_past_signals(pthread_t *thread, void *(*routine)(void *), int fd) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(thread, NULL, routine, (void *)(long)fd) != 0)
        abort();
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void *drains(void *fd) {
    char buffer[40000];
    long got, all = 0;
    while ((got = syscall(SYS_read, (long)fd, buffer, sizeof buffer)) > 0) {
        all += got;
        pass_us(200);
    }
    return (void *)all;
}

static void *sends(void *first) {
    for (long n = (long)first; !stop; n++) {
        int ends[2];
        void *arrived;
        pthread_t reader;
        bool is_socket = n % 2;
        if ((is_socket ? socketpair(AF_UNIX, SOCK_STREAM, 0, ends) : pipe(ends)) != 0)
            abort();
        start_past_signals(&reader, drains, ends[0]);
        struct iovec parts[] = {{zeros, 100001}, {zeros, 400000}, {zeros, BIG - 500001}};
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = 3};
        off_t at = 0;
        long result = -1, row = (is_socket ? 0 : 10) + n / 2 % 4;
        double before = now();
        switch (row) {
        case 0:
            result = send(ends[1], zeros, BIG, 0);
            break;
        case 1:
            result = sendmsg(ends[1], &message, 0);
            break;
        case 2:
            result = sendfile(ends[1], file, &at, BIG);
            break;
        case 3:
            result = sendto(ends[1], zeros, BIG, 0, NULL, 0);
            break;
        case 10:
            result = write(ends[1], zeros, BIG);
            break;
        case 11:
        case 13:
            result = writev(ends[1], parts, 3);
            break;
        case 12:
            result = pwritev2(ends[1], parts, 3, -1, 0);
            break;
        }
        int error = errno;
        double took = now() - before;
        close(ends[1]);
        pthread_join(reader, &arrived);
        close(ends[0]);
        if (result != BIG || (long)arrived != BIG)
            tell("sending", row * 10000000 + result, error, took);
    }
    return NULL;
}

static void *feeds(void *fd) {
    for (int i = 0; i < 100; i++) {
        if (syscall(SYS_write, (long)fd, zeros, 1000) != 1000)
            abort();
        pass_us(300);
    }
    return NULL;
}

static void *receives(void *first) {
    enum { ALL = 100000 };
    static _Thread_local char buffer[ALL];
    for (long n = (long)first; !stop; n++) {
        int ends[2];
        pthread_t writer;
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
            abort();
        start_past_signals(&writer, feeds, ends[1]);
        struct iovec parts[] = {{buffer, 33333}, {buffer + 33333, ALL - 33333}};
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
        long result = n % 3 == 0   ? recv(ends[0], buffer, ALL, MSG_WAITALL)
                      : n % 3 == 1 ? recvmsg(ends[0], &message, MSG_WAITALL)
                                   : recvfrom(ends[0], buffer, ALL, MSG_WAITALL, NULL, NULL);
        if (result != ALL)
            tell("receiving", result, errno, 0);
        pthread_join(writer, NULL);
        close(ends[0]);
        close(ends[1]);
    }
    return NULL;
}

/* Zeros and random bytes, as many as are asked for. */
static void *fills(void *unused) {
    static char room[BIG];
    int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC), random = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    for (unsigned n = 0; !stop; n++) {
        struct iovec parts[] = {{room, 100001}, {room + 100001, BIG - 100001}};
        long result = n % 4 == 0   ? read(zero, room, BIG)
                      : n % 4 == 1 ? readv(zero, parts, 2)
                      : n % 4 == 2 ? read(random, room, BIG)
                                   : getrandom(room, BIG, 0);
        if (result != BIG)
            tell("filling", n % 4 * 10000000 + result, errno, 0);
    }
    close(zero);
    close(random);
    return unused;
}

static void on_own(int signal) {
    (void)signal;
}

static volatile pid_t sleeper;
static volatile unsigned rounds;
static void *sleeps(void *unused) {
    sleeper = (pid_t)syscall(SYS_gettid);
    while (!stop) {
        double before = now();
        errno = 0;
        if (nanosleep(&(struct timespec){5, 0}, NULL) != -1 || errno != EINTR)
            tell("a sleep that the program's own signal should have ended", 0, errno, now() - before);
        rounds++;
    }
    return unused;
}
static void *wakes(void *unused) {
    unsigned seed = 1;
    while (!stop || rounds == 0) {
        unsigned seen = rounds;
        pass_us(2000 + rand_r(&seed) % 2000);
        /* once, if it sleeps already; else it has come too early, as it would without us */
        for (int step = 0; rounds == seen && !stop; step++) {
            if (step % 1000 == 0)
                syscall(SYS_tgkill, getpid(), sleeper, SIGUSR2);
            pass_us(100);
        }
    }
    return unused;
}

static pid_t tids[THREADS];
struct start {
    void *(*routine)(void *);
    long argument;
    pid_t *tid;
};
static void *starts(void *argument) {
    const struct start *start = argument;
    __atomic_store_n(start->tid, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
    return start->routine((void *)start->argument);
}

int main(int argc, char **argv) {
    if (argc < 3)
        return 2;
    bool own = strcmp(argv[1], "own") == 0;
    double end = now() + atof(argv[2]);
    setvbuf(stdout, NULL, _IOLBF, 0);
    char path[] = "/tmp/leakwatch-storm-XXXXXX";
    int pair[2];
    struct timeval timeout = {0, SPAN_MS * 1000};
    struct sockaddr unnamed = {.sa_family = AF_UNIX};
    epoll_fd = epoll_create1(0);
    semaphores = semget(IPC_PRIVATE, 1, 0600);
    listener = socket(AF_UNIX, SOCK_STREAM, 0);
    file = mkstemp(path);
    if (semaphores < 0 || file < 0 || ftruncate(file, BIG) != 0 ||
        socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 ||
        bind(listener, &unnamed, sizeof unnamed.sa_family) != 0 || listen(listener, 1) != 0)
        return 3;
    unlink(path);
    silent_socket = pair[0];
    setsockopt(silent_socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    sem_init(&never_posted, 0, 0);
    sigset_t awaited;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGRTMIN + 5);
    pthread_sigmask(SIG_BLOCK, &awaited, NULL);

    static struct start all[THREADS] = {
        {times, 0, NULL}, {times, 6, NULL}, {times, 12, NULL},   {times, 18, NULL},   {sends, 0, NULL},
        {sends, 1, NULL}, {sends, 4, NULL}, {receives, 0, NULL}, {receives, 1, NULL}, {fills, 0, NULL}};
    static struct start one = {sleeps, 0, NULL};
    pthread_t threads[THREADS], waker;
    int count = own ? 1 : THREADS;
    if (own) {
        sigaction(SIGUSR2, &(struct sigaction){.sa_handler = on_own}, NULL);
        start_past_signals(&waker, wakes, -1);
    }
    for (int i = 0; i < count; i++) {
        struct start *start = own ? &one : &all[i];
        start->tid = &tids[i];
        if (pthread_create(&threads[i], NULL, starts, start) != 0)
            return 4;
    }
    for (unsigned next = 0; now() < end; next++) {
        pass_us(own ? 200 : 700);
        pid_t tid = __atomic_load_n(&tids[next % (unsigned)count], __ATOMIC_ACQUIRE);
        if (tid && getenv("LD_PRELOAD"))
            syscall(SYS_tgkill, getpid(), tid, SIGUSR1);
    }
    stop = true;
    if (own)
        pthread_join(waker, NULL), syscall(SYS_tgkill, getpid(), sleeper, SIGUSR2);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    semctl(semaphores, 0, IPC_RMID);
    return wrong != 0 || (own && rounds < 10);
}
