/* A thread that stays, unless FIXED. */
#pragma once

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static void *stays(void *unused) {
    pause();
    return unused;
}

static __attribute__((unused)) void leave_a_thread(void) {
#ifndef FIXED
    pthread_t thread;
    pthread_create(&thread, NULL, stays, NULL);
    pthread_detach(thread);
#else
    (void)stays;
#endif
}
