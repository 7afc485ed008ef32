/* A library whose constructor starts a thread, and whose destructor stops it. */
#include <pthread.h>
#include <semaphore.h>

static pthread_t thread;
static sem_t question, reply;
static int stops, value;

static void *answers(void *unused) {
    for (;;) {
        while (sem_wait(&question) != 0)
            ;
        if (stops)
            return unused;
        value++;
        sem_post(&reply);
    }
}

__attribute__((visibility("default"))) int answer(void);
int answer(void) {
    sem_post(&question);
    while (sem_wait(&reply) != 0)
        ;
    return value;
}

__attribute__((constructor)) static void starts(void) {
    sem_init(&question, 0, 0);
    sem_init(&reply, 0, 0);
    value = pthread_create(&thread, NULL, answers, NULL) == 0 ? 41 : 0;
}

__attribute__((destructor)) static void ends(void) {
    stops = 1;
    sem_post(&question);
    pthread_join(thread, NULL);
}
