/* handshake SECONDS: threads that run are sent the program's own SIGUSR1, one after the other, and each must have handled it before
 * the next is, as a runtime does that brings its threads to a stand. Says "ready"; ends with 1 if a signal was lost. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "scenarios.h"

enum { THREADS = 4, PATIENCE_MS = 5000 };

static volatile int stop;
static _Thread_local volatile int *handled;
static volatile int handled_by[THREADS];

static void on_signal(int signal) {
    (void)signal;
    if (handled) /* else it was a request to the process, which main took */
        ++*handled;
}

static void *runs(void *number) {
    handled = &handled_by[(size_t)number];
    volatile unsigned long work = 0;
    while (!stop)
        work++;
    return NULL;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int is_handled(pthread_t thread, volatile const int *count) {
    int before = *count;
    if (pthread_kill(thread, SIGUSR1) != 0)
        return 0;
    for (double until = now() + PATIENCE_MS / 1e3; *count == before && now() < until;)
        usleep(20);
    return *count != before;
}

int main(int count, char **arguments) {
    pthread_t threads[THREADS];
    double end = now() + (count > 1 ? atof(arguments[1]) : 2);
    signal(SIGUSR1, on_signal);
    for (size_t i = 0; i < THREADS; i++)
        threads[i] = start("runs", runs, (void *)i);
    usleep(20000);
    say_ready();
    for (size_t i = 0; now() < end; i = (i + 1) % THREADS)
        if (!is_handled(threads[i], &handled_by[i]))
            _exit(1);
    stop = 1;
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
