/* Waits for events of the kernel's asynchronous input that never come: with a timeout, through snapshots, and
 * for ever. */
#include <libaio.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "settle.h"

static io_context_t context;

static void *waits(void *unused) {
    struct io_event event;
    return io_getevents(context, 1, 1, &event, NULL) == 1 ? NULL : unused;
}

int main(void) {
    struct io_event event;
    struct timespec span = {0, 60000000}, before, after;
    pthread_t thread;
    if (io_setup(8, &context) != 0)
        return 1;
    clock_gettime(CLOCK_MONOTONIC, &before);
    int result = io_getevents(context, 1, 1, &event, &span);
    clock_gettime(CLOCK_MONOTONIC, &after);
    long ms = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
    printf("%d events, %s\n", result, ms >= 59 ? "timed out" : "early");
    fflush(stdout);
    if (pthread_create(&thread, NULL, waits, NULL) != 0)
        return 2;
    settle();
    return 0;
}
