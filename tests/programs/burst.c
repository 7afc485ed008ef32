/* burst: waits that no handler may be seen to interrupt, while snapshot signals come faster than reports can
 * be made. Prints what ended early. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static volatile int stop;

static void *sends(void *unused) {
    while (!stop) {
        kill(getpid(), SIGUSR1);
        usleep(500);
    }
    return unused;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(void) {
    pthread_t thread;
    sigset_t snapshot;
    int early = 0;
    /* only main takes them */
    sigemptyset(&snapshot);
    sigaddset(&snapshot, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &snapshot, NULL);
    pthread_create(&thread, NULL, sends, NULL);
    pthread_sigmask(SIG_UNBLOCK, &snapshot, NULL);
    for (int i = 0; i < 10; i++) {
        struct timespec span = {.tv_nsec = 100000000};
        double start = now();
        if (nanosleep(&span, NULL) != 0 || now() - start < 0.1)
            early++, printf("nanosleep: errno %d after %.3f s\n", errno, now() - start);
        start = now();
        if (poll(NULL, 0, 100) != 0 || now() - start < 0.099)
            early++, printf("poll: errno %d after %.3f s\n", errno, now() - start);
    }
    unsigned left = sleep(1);
    if (left != 0)
        early++, printf("sleep: %u left\n", left);
    stop = 1;
    pthread_join(thread, NULL);
    return early != 0;
}
