/* A thousand threads blocked ten frames deep are one group, with the right stack.
 *
 * CHECK: leakwatch: 1000 leaked threads in {{.*}} at exit; 1001 live
 * CHECK: 1000 threads  [cond wait, {{[0-9.]+}}s]  suspect: this condition was never signalled
 * CHECK-NEXT: and 992 more
 * CHECK-NEXT: #0 pthread_cond_wait
 * CHECK-NEXT: #1 deep
 * CHECK-NEXT: #2 deep
 * CHECK-COUNT-7: deep
 * CHECK-NEXT: #10 work
 * CHECK-NEXT: waiting on condition (0x{{[0-9a-f]+}})
 * CHECK-NEXT: created by
 * CHECK-NEXT: #0 main
 * CHECK-NOT: {{[0-9]+}} thread
 */
#include <pthread.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static unsigned waiting;
static volatile int done;

static __attribute__((noinline)) int deep(int levels) {
    volatile char room[32] = {0};
    if (levels > 1)
        return deep(levels - 1) + room[3];
    pthread_mutex_lock(&mutex);
    waiting++;
    while (!done)
        pthread_cond_wait(&condition, &mutex);
    pthread_mutex_unlock(&mutex);
    return room[0];
}

static void *work(void *unused) {
    return deep(9) ? unused : NULL;
}

int main(void) {
    for (int i = 0; i < 1000; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, work, NULL);
        pthread_detach(thread);
    }
    for (unsigned there = 0; there < 1000; usleep(1000)) {
        pthread_mutex_lock(&mutex);
        there = waiting;
        pthread_mutex_unlock(&mutex);
    }
#ifdef FIXED
    pthread_mutex_lock(&mutex);
    done = 1;
    pthread_cond_broadcast(&condition);
    pthread_mutex_unlock(&mutex);
#endif
    return 0;
}
