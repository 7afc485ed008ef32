/* many_blocked THREADS [WHERE]: that many threads blocked 16 deep; then one SIGUSR1, whose handling is timed to the
 * moment the whole report is in the log named by $REPORT. Prints the ms it took, and the ms that the program was
 * held: by the clock where main takes the signal from itself, of its CPU time where it is sent one.
 *
 * WHERE: cond (the default): on one condition, and main, which runs, sends the signal to itself. asleep: there
 * too, and main reads from a pipe, as it does for all that follow, so that every thread is blocked; another
 * process sends the signal. pipe: in read, all of one pipe; pipes: each of its own; poll: in poll, each of a pipe
 * of its own; epoll: in epoll_wait, all of one set; epolls: each of a set of its own. rss: prints the KiB that are
 * resident instead. stay: stays. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static long waiting;
static const char *where;
static int common;

static double ms_of(clockid_t clock) {
    struct timespec time = {0};
    clock_gettime(clock, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static double now(void) {
    return ms_of(CLOCK_MONOTONIC);
}

/* What so many threads take may not be allowed here: their descriptors (ulimit -n), or they themselves (-u). */
static void needs(int has, const char *what) {
    if (has)
        return;
    perror(what);
    exit(3);
}

static void sleeps(int fd) {
    char byte;
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    struct epoll_event event;
    pthread_mutex_lock(&mutex);
    waiting++;
    if (fd < 0)
        for (volatile int done = 0; !done;)
            pthread_cond_wait(&condition, &mutex);
    pthread_mutex_unlock(&mutex);
    if (strcmp(where, "poll") == 0)
        poll(&polled, 1, -1);
    else if (strncmp(where, "epoll", 5) == 0)
        epoll_wait(fd, &event, 1, -1);
    else if (read(fd, &byte, 1) != 1)
        pause();
}

static __attribute__((noinline)) int deep(int levels, int fd) {
    volatile char room[64] = {0};
    if (levels > 1)
        return deep(levels - 1, fd) + room[3];
    sleeps(fd);
    return 0;
}

static void *work(void *fd) {
    return deep(15, (int)(long)fd) ? fd : NULL;
}

/* Both ends of a pipe in one descriptor: ten thousand of two each are more than may be open in many places. */
static int pipe_of_one(void) {
    int ends[2];
    char path[40];
    needs(pipe(ends) == 0, "a pipe for each thread");
    snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
    int both = open(path, O_RDWR);
    needs(both >= 0, "a pipe for each thread");
    close(ends[0]);
    close(ends[1]);
    return both;
}

static int sleeps_on(void) {
    if (strcmp(where, "pipe") == 0)
        return common;
    if (strcmp(where, "pipes") == 0 || strcmp(where, "poll") == 0)
        return pipe_of_one();
    if (strncmp(where, "epoll", 5) == 0) {
        struct epoll_event event = {.events = EPOLLIN};
        static int one = -1;
        int set = one >= 0 ? one : epoll_create1(0);
        needs(set >= 0 && (set == one || epoll_ctl(set, EPOLL_CTL_ADD, common, &event) == 0),
              "a set for each thread");
        one = strcmp(where, "epoll") == 0 ? set : -1;
        return set;
    }
    return -1;
}

static off_t report_size(void) {
    struct stat status;
    const char *path = getenv("REPORT");
    return path && stat(path, &status) == 0 ? status.st_size : 0;
}

static long resident_kib(void) {
    char line[128];
    long kib = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        sscanf(line, "VmRSS: %ld", &kib);
    return kib;
}

static double until_reported(double start) {
    while (report_size() == 0 && now() - start < 20000)
        usleep(200);
    return now() - start;
}

/* The process that sends the signal: it has no end of any of the pipes. */
static void sends(pid_t pid, int ready) {
    char byte;
    if (read(ready, &byte, 1) != 1)
        exit(1);
    clockid_t clock;
    if (clock_getcpuclockid(pid, &clock) != 0)
        exit(1);
    usleep(100000);
    double before = ms_of(clock), start = now();
    kill(pid, SIGUSR1);
    double took = until_reported(start);
    printf("%.1f %.1f\n", took, ms_of(clock) - before);
    fflush(stdout);
    kill(pid, SIGKILL);
    _exit(0);
}

/* As many as may be open at all. */
static void raise_descriptors(void) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int count, char **arguments) {
    raise_descriptors();
    long threads = count > 1 ? atol(arguments[1]) : 1000;
    int ready[2];
    where = count > 2 ? arguments[2] : "cond";
    int shows = strcmp(where, "rss") == 0 || strcmp(where, "stay") == 0,
        all = !shows && strcmp(where, "cond") != 0;
    if (all) {
        needs(pipe(ready) == 0, "a pipe");
        pid_t child = fork();
        if (child > 0) {
            close(ready[1]);
            sends(child, ready[0]);
        }
        close(ready[0]);
        common = pipe_of_one();
    }
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 64 * 1024);
    for (long i = 0; i < threads; i++) {
        pthread_t thread;
        errno = pthread_create(&thread, &attr, work, (void *)(long)sleeps_on());
        needs(errno == 0, "a thread");
    }
    for (long there = 0; there < threads; usleep(1000)) {
        pthread_mutex_lock(&mutex);
        there = waiting;
        pthread_mutex_unlock(&mutex);
    }
    usleep(100000);
    if (all) {
        char byte;
        int ends[2];
        if (pipe(ends) != 0 || write(ready[1], "r", 1) != 1)
            return 1;
        return read(ends[0], &byte, 1) != 1;
    }
    if (shows) {
        printf("%ld\n", resident_kib());
        fflush(stdout);
        while (strcmp(where, "stay") == 0)
            pause();
        _exit(0);
    }
    double start = now();
    raise(SIGUSR1);
    double handled = now() - start;
    printf("%.1f %.1f\n", until_reported(start), handled);
    fflush(stdout);
    _exit(0);
}
