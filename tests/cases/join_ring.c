/* Two threads join each other. libc would refuse the second with EDEADLK, but not while the first is being cancelled
 * (glibc nptl/pthread_join_common.c): it has cancellation disabled and only seems to be ending. Three more in a ring,
 * which libc does not look for.
 *
 * CHECK: leakwatch: 5 leaked threads in {{.*}} at exit; 6 live, 2 deadlocks
 * CHECK-DAG: [thread join, {{[0-9.]+}}s] deadlock: in a cycle of 2 threads
 * CHECK-DAG: [thread join, {{[0-9.]+}}s] deadlock: in a cycle of 3 threads
 * CHECK: deadlock 1: 2 threads wait for each other
 * CHECK-NEXT: pair-0 ([[A:[0-9]+]]) waits in thread join for the end of pair-1 ([[B:[0-9]+]])
 * CHECK-NEXT: at joins join_ring.c
 * CHECK-NEXT: pair-1 ([[B]]) waits in thread join for the end of pair-0 ([[A]])
 * CHECK-NEXT: at joins join_ring.c
 * CHECK: deadlock 2: 3 threads wait for each other
 * CHECK-NEXT: ring-0 ({{[0-9]+}}) waits in thread join for the end of ring-1 ({{[0-9]+}})
 * JSON: 5 thread join deadlock; cycle, cycle
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

static pthread_t pair[2], ring[3];
static pthread_barrier_t made;

static void *joins(void *thread) {
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    pthread_barrier_wait(&made);
#ifdef FIXED
    (void)thread;
#else
    usleep(thread == &pair[0] ? 100000 : 50000);
    pthread_join(*(pthread_t *)thread, NULL);
#endif
    return NULL;
}

static void make(pthread_t *threads, unsigned count, const char *names) {
    char name[16];
    pthread_barrier_init(&made, NULL, count + 1);
    for (unsigned i = 0; i < count; i++) {
        pthread_create(&threads[i], NULL, joins, &threads[(i + 1) % count]);
        snprintf(name, sizeof name, names, i);
        pthread_setname_np(threads[i], name);
    }
    pthread_barrier_wait(&made);
#ifdef FIXED
    for (unsigned i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
#else
    usleep(75000);
    if (count == 2)
        pthread_cancel(threads[0]);
    usleep(75000);
#endif
    pthread_barrier_destroy(&made);
}

int main(void) {
    make(pair, 2, "pair-%u");
    make(ring, 3, "ring-%u");
    return 0;
}
