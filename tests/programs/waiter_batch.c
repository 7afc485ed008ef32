/* waiter_batch: many threads that wait on a few objects, and among them some whose wait records say what is not so
 * any more: woken from a condition and relocking its mutex, hanging in a signal handler, jumped out of a
 * wait. Says "ready". */
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "by_number.h"
#include "settle.h"

enum { MANY = 60, SOME = 40 };

struct queue {
    pthread_mutex_t mutex;
    pthread_cond_t news;
    int there;
};

static struct queue quiet = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0},
                    woken = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0},
                    troubled = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;
static sem_t tickets, left;
static int ends[2];
static __thread sigjmp_buf out;

static void *waits(void *argument) {
    struct queue *queue = argument;
    pthread_mutex_lock(&queue->mutex);
    queue->there++;
    for (volatile int done = 0; !done;)
        pthread_cond_wait(&queue->news, &queue->mutex);
    return NULL;
}

static void *locks(void *unused) {
    pthread_mutex_lock(&held);
    return unused;
}

static void *takes(void *semaphore) {
    sem_wait(semaphore);
    return NULL;
}

static void hangs(int signal) {
    char byte;
    if (read(ends[0], &byte, 1) != 1)
        _exit(signal);
}

static void jumps(int signal) {
    siglongjmp(out, signal);
}

static void *jumps_out(void *unused) {
    if (sigsetjmp(out, 1) == 0)
        sem_wait(&left);
    for (;;)
        pause_by_number();
    return unused;
}

static pthread_t start(void *(*function)(void *), void *argument, int count) {
    pthread_t thread = 0;
    for (int i = 0; i < count; i++)
        if (pthread_create(&thread, NULL, function, argument) != 0)
            _exit(2);
    return thread;
}

static void await(struct queue *queue, int count) {
    for (int there = 0; there < count; usleep(1000)) {
        pthread_mutex_lock(&queue->mutex);
        there = queue->there;
        pthread_mutex_unlock(&queue->mutex);
    }
}

int main(void) {
    struct sigaction hang = {.sa_handler = hangs}, jump = {.sa_handler = jumps};
    sem_init(&tickets, 0, 0);
    sem_init(&left, 0, 0);
    if (pipe(ends) != 0 || sigaction(SIGUSR2, &hang, NULL) != 0 || sigaction(SIGHUP, &jump, NULL) != 0)
        return 2;
    pthread_mutex_lock(&held);
    start(waits, &quiet, MANY);
    start(waits, &woken, MANY);
    pthread_t hanging = start(waits, &troubled, MANY);
    start(locks, NULL, SOME);
    start(takes, &tickets, SOME);
    start(takes, &left, SOME);
    pthread_t jumping = start(jumps_out, NULL, 1);
    await(&quiet, MANY);
    await(&woken, MANY);
    await(&troubled, MANY);
    settle_all();
    pthread_mutex_lock(&woken.mutex);
    pthread_cond_broadcast(&woken.news);
    pthread_kill(hanging, SIGUSR2);
    pthread_kill(jumping, SIGHUP);
    settle_all();
    puts("ready");
    fflush(stdout);
    for (;;)
        pause();
}
