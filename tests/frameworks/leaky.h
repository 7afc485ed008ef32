/* What the three tests of each framework do: the first and the last are clean, the second leaks a thread. */
#pragma once

#include <pthread.h>
#include <stddef.h>
#include <unistd.h>

static void *finishes(void *unused) {
    usleep(20000);
    return unused;
}

static void *never_finishes(void *unused) {
    for (;;)
        pause();
    return unused;
}

static void start(void *(*routine)(void *)) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, routine, NULL) == 0)
        pthread_detach(thread);
}
