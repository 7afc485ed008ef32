/* Mutexes of musl's that tell who has them, in a cycle. usage: musl_owners stuck | free | robust | inherits | plain | alike
 * free: who has the second sleeps. plain: of the default type, which does not tell. alike: words that look like such mutexes, and are none. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FUTEX_WAIT_PRIVATE = 128, WAITED_FOR = 0x80000000u };

static pthread_mutex_t first, second, other;
static volatile int tids[2];
static const char *mode;

static int is(const char *wanted) {
    return strcmp(mode, wanted) == 0;
}

/* As one that the other thread has, but for the links. */
static struct alike {
    int type;
    unsigned lock;
    int waiters, unused[3];
    void *previous, *next;
} alike[2];

static void wait_for_alike(int self) {
    tids[self] = (int)syscall(SYS_gettid);
    while (tids[!self] == 0)
        usleep(1000);
    struct alike *word = &alike[self];
    *word = (struct alike){
        .type = PTHREAD_MUTEX_RECURSIVE, .lock = WAITED_FOR | (unsigned)tids[!self], .waiters = 1};
    word->previous = word->next = &word->next;
    syscall(SYS_futex, &word->lock, FUTEX_WAIT_PRIVATE, word->lock, NULL);
}

static void *left(void *unused) {
    if (is("alike"))
        wait_for_alike(0);
    pthread_mutex_lock(&other); /* what else it has does not matter */
    pthread_mutex_lock(&first);
    usleep(200000);
    pthread_mutex_lock(&second);
    return unused;
}

static void *right(void *unused) {
    if (is("alike"))
        wait_for_alike(1);
    pthread_mutex_lock(&second);
    usleep(200000);
    if (is("free"))
        sleep(3600);
    pthread_mutex_lock(&first);
    return unused;
}

static void *runs(void *unused) {
    sleep(3600);
    return unused;
}

int main(int count, char **arguments) {
    pthread_mutexattr_t how;
    pthread_t of_left, thread;
    mode = count > 1 ? arguments[1] : "stuck";
    pthread_mutexattr_init(&how);
    pthread_mutexattr_settype(&how, is("plain") ? PTHREAD_MUTEX_DEFAULT : PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&first, &how);
    pthread_mutexattr_settype(&how, is("plain") ? PTHREAD_MUTEX_DEFAULT : PTHREAD_MUTEX_ERRORCHECK);
    if (is("robust"))
        pthread_mutexattr_setrobust(&how, PTHREAD_MUTEX_ROBUST);
    if (is("inherits"))
        pthread_mutexattr_setprotocol(&how, PTHREAD_PRIO_INHERIT);
    pthread_mutex_init(&second, &how);
    pthread_mutex_init(&other, &how);
    pthread_create(&of_left, NULL, left, NULL);
    pthread_create(&thread, NULL, right, NULL);
    pthread_create(&thread, NULL, runs, NULL);
    usleep(500000);
    puts("up");
    fflush(stdout);
    pthread_join(of_left, NULL);
    return 0;
}
