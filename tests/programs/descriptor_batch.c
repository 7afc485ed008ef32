/* descriptor_batch quiet|handled|stale|asleep|awake: many threads that wait for descriptors. quiet: no handler was ever
 * installed; handled: one was, and never ran; stale: the records of two say what is not so, for a handler of
 * theirs jumped out of the wait, or sleeps in a call of libc's own, and a third runs in its handler. asleep: all
 * threads wait for each other, main joins one; awake: as asleep, but one of them polls now and then. Says "ready". */
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MANY = 15 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static FILE *elsewhere;
static __thread sigjmp_buf out;
static volatile int spins = 1;

static int empty_pipe(void) {
    int ends[2];
    if (pipe(ends) != 0)
        _exit(2);
    return ends[0];
}

static void *reads(void *fd) {
    char byte;
    return read((int)(long)fd, &byte, 1) == 1 ? fd : NULL;
}

static void *polls(void *fd) {
    struct pollfd polled[2] = {{.fd = (int)(long)fd, .events = POLLIN}, {.fd = -1}};
    poll(polled, (long)fd % 2 + 1, -1);
    return NULL;
}

static void *polls_a_set(void *fd) {
    struct epoll_event event;
    epoll_wait((int)(long)fd, &event, 1, -1);
    return NULL;
}

static void *waits(void *unused) {
    pthread_mutex_lock(&mutex);
    for (volatile int done = 0; !done;)
        pthread_cond_wait(&never, &mutex);
    return unused;
}

static void *looks_now_and_then(void *unused) {
    for (;;)
        usleep(10000);
    return unused;
}

static void sleeps_in_libc(void) {
    if (getc_unlocked(elsewhere) != EOF) /* without the stream's lock: two do this */
        _exit(2);
}

static void jumps(int signal) {
    siglongjmp(out, signal);
}

static void sleeps(int signal) {
    (void)signal;
    sleeps_in_libc();
}

static void runs(int signal) {
    while (spins)
        spins = signal;
}

static void *jumps_out(void *fd) {
    if (sigsetjmp(out, 1) == 0)
        reads(fd);
    sleeps_in_libc();
    return NULL;
}

static pthread_t start(const char *name, void *(*routine)(void *), long argument) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, routine, (void *)argument) != 0)
        _exit(2);
    pthread_setname_np(thread, name);
    return thread;
}

static void ready(void) {
    usleep(200000);
    puts("ready");
    fflush(stdout);
}

static void on(int signal, void (*handler)(int)) {
    struct sigaction action = {.sa_handler = handler};
    sigaction(signal, &action, NULL);
}

int main(int count, char **arguments) {
    const char *how = count > 1 ? arguments[1] : "";
    pthread_t last = {0};
    if (strcmp(how, "asleep") == 0 || strcmp(how, "awake") == 0) {
        for (int i = 0; i < MANY; i++)
            start("reads", reads, empty_pipe());
        for (int i = 0; i < 3 * MANY; i++)
            last = start("waits", waits, 0);
        if (strcmp(how, "awake") == 0)
            start("looks", looks_now_and_then, 0);
        ready();
        pthread_join(last, NULL);
    }
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || !(elsewhere = fdopen(empty_pipe(), "r")))
        return 2;
    start("reads", reads, pair[0]);
    for (int i = 0; i < MANY; i++) {
        struct epoll_event event = {.events = EPOLLIN};
        int set = epoll_create1(0), both = empty_pipe();
        if (i % 2 == 0)
            epoll_ctl(set, EPOLL_CTL_ADD, both, &event);
        start("reads", reads, both);
        start("polls", polls, empty_pipe());
        start("set", polls_a_set, set);
    }
    if (strcmp(how, "handled") == 0)
        on(SIGHUP, runs);
    if (strcmp(how, "stale") == 0) {
        pthread_t jumping = start("jumps", jumps_out, empty_pipe()),
                  sleeping = start("sleeps", reads, empty_pipe()),
                  running = start("runs", reads, empty_pipe());
        on(SIGHUP, jumps);
        on(SIGUSR2, sleeps);
        on(SIGPIPE, runs);
        usleep(200000);
        pthread_kill(jumping, SIGHUP);
        pthread_kill(running, SIGPIPE);
        pthread_kill(sleeping, SIGUSR2);
        usleep(200000);
        on(SIGHUP, SIG_DFL);
        on(SIGUSR2, SIG_DFL);
        on(SIGPIPE, SIG_DFL);
    }
    ready();
    for (;;)
        pause();
}
