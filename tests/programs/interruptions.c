/* Every call that the kernel does not restart after a handler (signal(7)) is made while snapshots are asked
 * for: none may fail with EINTR or end early. Then the program's own signal must still interrupt each of
 * them. Prints what went wrong. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

static int epoll_fd;
static const struct timespec span = {.tv_nsec = 120000000};

static int use_poll(void) {
    return poll(NULL, 0, 120);
}
static int use_ppoll(void) {
    return ppoll(NULL, 0, &span, NULL);
}
static int use_select(void) {
    return select(0, NULL, NULL, NULL, &(struct timeval){.tv_usec = 120000});
}
static int use_pselect(void) {
    return pselect(0, NULL, NULL, NULL, &span, NULL);
}
static int use_epoll(void) {
    return epoll_wait(epoll_fd, &(struct epoll_event){0}, 1, 120);
}
static int use_nanosleep(void) {
    return nanosleep(&span, NULL);
}
static int use_usleep(void) {
    return usleep(120000);
}
static int use_clock_nanosleep(void) {
    errno = clock_nanosleep(CLOCK_MONOTONIC, 0, &span, NULL);
    return errno ? -1 : 0;
}
static int use_sigtimedwait(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    int got = sigtimedwait(&set, NULL, &span);
    return got == -1 && errno == EAGAIN ? 0 : -1;
}

static const struct {
    const char *name;
    int (*use)(void);
} calls[] = {{"poll", use_poll},
             {"ppoll", use_ppoll},
             {"select", use_select},
             {"pselect", use_pselect},
             {"epoll_wait", use_epoll},
             {"nanosleep", use_nanosleep},
             {"usleep", use_usleep},
             {"clock_nanosleep", use_clock_nanosleep},
             {"sigtimedwait", use_sigtimedwait}};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

struct order {
    pthread_t whom;
    int signal, times, every_us;
};

static void *sends(void *argument) {
    const struct order *order = argument;
    for (int i = 0; i < order->times; i++) {
        struct timespec pause = {.tv_nsec = order->every_us * 1000L};
        nanosleep(&pause, NULL);
        pthread_kill(order->whom, order->signal);
    }
    return NULL;
}

static volatile sig_atomic_t handled;
static void on_alarm(int signal) {
    handled += signal != 0;
}

int main(void) {
    int wrong = 0;
    epoll_fd = epoll_create1(0);
    struct sigaction action = {.sa_handler = on_alarm};
    sigaction(SIGALRM, &action, NULL);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        pthread_t sender;
        struct order snapshots = {pthread_self(), SIGUSR1, 5, 20000};
        pthread_create(&sender, NULL, sends, &snapshots);
        double start = now();
        int result = calls[i].use();
        int error = errno;
        double took = now() - start;
        pthread_join(sender, NULL);
        if (result != 0 || took < 0.110) {
            printf("%s was disturbed by snapshots: result %d, %s, after %.3fs\n", calls[i].name, result,
                   strerror(error), took);
            wrong++;
        }
        struct order alarm = {pthread_self(), SIGALRM, 1, 30000};
        handled = 0;
        pthread_create(&sender, NULL, sends, &alarm);
        result = calls[i].use();
        error = errno;
        pthread_join(sender, NULL);
        if (result != -1 || error != EINTR || handled != 1) {
            printf("%s was not interrupted by the program's own signal: result %d, %s\n", calls[i].name,
                   result, strerror(error));
            wrong++;
        }
    }
    /* sleep() tells what is left instead */
    pthread_t sender;
    struct order snapshots = {pthread_self(), SIGUSR1, 3, 100000};
    pthread_create(&sender, NULL, sends, &snapshots);
    double start = now();
    unsigned left = sleep(1);
    pthread_join(sender, NULL);
    if (left != 0 || now() - start < 0.98) {
        printf("sleep was disturbed by snapshots: %u left after %.3fs\n", left, now() - start);
        wrong++;
    }
    return wrong != 0;
}
