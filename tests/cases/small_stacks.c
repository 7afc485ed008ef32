/* Threads with the smallest stack there may be wait, create, and take a snapshot themselves.
 *
 * OPTIONS: signal=USR1:at_exit=0
 * BOTH
 * CHECK: leakwatch: 3 threads in {{.*}} on SIGUSR1; 2 blocked, 1 running
 * CHECK-DAG: #1 waits small_stacks.c:
 * CHECK-DAG: #0 creates small_stacks.c:
 */
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static pthread_attr_t smallest;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int done;

static void *waits(void *unused) {
    pthread_mutex_lock(&mutex);
    while (!done)
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
    return unused;
}

static void *creates(void *unused) {
    pthread_t waiter;
    if (pthread_create(&waiter, &smallest, waits, NULL) != 0)
        return &mutex;
    usleep(50000);
    pthread_kill(pthread_self(), SIGUSR1); /* captured on a stack of the shim's */
    pthread_mutex_lock(&mutex);
    done = 1;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&mutex);
    pthread_join(waiter, NULL);
    return unused;
}

int main(void) {
    pthread_t creator;
    void *value;
    pthread_attr_init(&smallest);
    if (pthread_attr_setstacksize(&smallest, (size_t)PTHREAD_STACK_MIN) != 0 ||
        pthread_create(&creator, &smallest, creates, NULL) != 0 || pthread_join(creator, &value) != 0)
        return 1;
    return value == NULL ? 0 : 2;
}
