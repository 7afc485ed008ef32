/* Sleeps in a function that is inlined into another one, which is inlined into a thread's. */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;

static inline __attribute__((always_inline)) void sleeps(void) {
    for (;;)
        pthread_cond_wait(&never, &lock);
}

static inline __attribute__((always_inline)) void works(void) {
    pthread_mutex_lock(&lock);
    sleeps();
}

static __attribute__((noinline)) void *begins(void *argument) {
    works();
    return argument;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, begins, NULL);
    puts("ready");
    fflush(stdout);
    pthread_join(thread, NULL);
    return 0;
}
