/* NEGATIVE: every way in which a thread can end is an end. Main leaves first, with pthread_exit. */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static int never[2];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;

static void *returns(void *unused) {
    return unused;
}
static void *exits(void *unused) {
    pthread_exit(unused);
}

static void *cancelled_in_read(void *unused) {
    char byte;
    if (read(never[0], &byte, 1) != 0)
        abort();
    return unused;
}

static void unlock(void *locked) {
    pthread_mutex_unlock(locked);
}

static void *cancelled_in_wait(void *unused) {
    pthread_mutex_lock(&mutex);
    pthread_cleanup_push(unlock, &mutex);
    for (;;)
        pthread_cond_wait(&condition, &mutex);
    pthread_cleanup_pop(1);
    return unused;
}

static void *cancelled_anywhere(void *unused) {
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    for (volatile unsigned long i = 0;; i++)
        ;
    return unused;
}

static void *cancelled_late(void *unused) {
    for (;;)
        usleep(1000);
    return unused;
}

static void *outlives_main(void *main_thread) {
    pthread_t *waited = main_thread;
    pthread_join(*waited, NULL);
    return NULL;
}

int main(void) {
    static pthread_t self;
    void *(*const ways[])(void *) = {
        returns, exits, cancelled_in_read, cancelled_in_wait, cancelled_anywhere, cancelled_late};
    pthread_t threads[6], last;
    if (pipe(never) != 0)
        return 1;
    for (int i = 0; i < 6; i++)
        pthread_create(&threads[i], NULL, ways[i], NULL);
    usleep(50000);
    for (int i = 0; i < 6; i++) {
        void *value;
        if (i >= 2)
            pthread_cancel(threads[i]);
        pthread_join(threads[i], &value);
        if ((i >= 2) != (value == PTHREAD_CANCELED))
            return 2;
    }
    self = pthread_self();
    pthread_create(&last, NULL, outlives_main, &self);
    pthread_detach(last);
    pthread_exit(NULL);
}
