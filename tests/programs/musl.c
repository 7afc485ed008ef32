/* A thread in each kind of wait, for a libc whose objects are not glibc's. usage: musl stuck | free
 * stuck: left and right want each other's mutex. free: the same, with one that sleeps in place of right. */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER, second = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t written = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t three;
static sem_t tokens;
static int stuck;

static void *left(void *unused) {
    pthread_mutex_lock(&first);
    usleep(200000);
    pthread_mutex_lock(&second);
    return unused;
}

static void *right(void *unused) {
    pthread_mutex_lock(&second);
    usleep(200000);
    if (stuck)
        pthread_mutex_lock(&first);
    else
        sleep(3600);
    return unused;
}

static void *wants(void *unused) {
    usleep(300000);
    pthread_mutex_lock(&first);
    return unused;
}

static void *conditional(void *unused) {
    pthread_mutex_lock(&own);
    pthread_cond_wait(&never, &own);
    return unused;
}

static void *reads(void *unused) {
    pthread_rwlock_rdlock(&written);
    return unused;
}

static void *takes(void *unused) {
    sem_wait(&tokens);
    return unused;
}

static void *meets(void *unused) {
    pthread_barrier_wait(&three);
    return unused;
}

int main(int count, char **arguments) {
    static void *(*const functions[])(void *) = {left, right, wants, conditional, reads, takes, meets};
    pthread_t thread;
    stuck = count > 1 && strcmp(arguments[1], "stuck") == 0;
    sem_init(&tokens, 0, 0);
    pthread_barrier_init(&three, NULL, 3);
    pthread_rwlock_wrlock(&written);
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        pthread_create(&thread, NULL, functions[i], NULL);
    usleep(500000);
    puts("up");
    fflush(stdout);
    pthread_join(thread, NULL);
    return 0;
}
