/* The library of library_threads.c, compiled for either half from programs/library_threads_lib.c. */
#pragma once

#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

static sem_t requests;
static pthread_t server;

static void *serves(void *unused) {
    while (sem_wait(&requests) != 0)
        ;
    return unused;
}

__attribute__((constructor)) static void starts_early(void) {
    sem_init(&requests, 0, 0);
    if (pthread_create(&server, NULL, serves, NULL) != 0)
        _exit(5);
}

#ifdef FIXED
__attribute__((destructor)) static void stops_late(void) {
    sem_post(&requests);
    pthread_join(server, NULL);
}
#endif
