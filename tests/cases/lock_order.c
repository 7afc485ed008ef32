/* Two threads take two locks in opposite order: each waits for what the other holds.
 *
 * CHECK: leakwatch: 2 leaked threads in {{.*}} at exit; 3 live, 1 deadlock
 * CHECK-DAG: 1 thread [mutex lock, {{[0-9.]+}}s] deadlock: held by report ([[REPORT:[0-9]+]]); in a cycle of 2 threads
 * CHECK-DAG: waiting on journal (0x
 * CHECK-DAG: holds mutex accounts (0x{{[0-9a-f]+}}), taken at take lock_order.c:[[#@LINE+19]]
 * CHECK-DAG: 1 thread [mutex lock, {{[0-9.]+}}s] deadlock: held by transfer ([[TRANSFER:[0-9]+]]); in a cycle of 2 threads
 * CHECK: deadlock 1: 2 threads wait for each other
 * CHECK-NEXT: transfer ([[TRANSFER]]) waits in mutex lock for journal (0x
 * CHECK-NEXT: at take lock_order.c:[[#@LINE+19]]
 * CHECK-NEXT: held by report ([[REPORT]]), taken at take lock_order.c:[[#@LINE+14]]
 * CHECK-NEXT: report ([[REPORT]]) waits in mutex lock for accounts (0x
 * CHECK-NEXT: at take lock_order.c:[[#@LINE+16]]
 * CHECK-NEXT: held by transfer ([[TRANSFER]]), taken at take lock_order.c:[[#@LINE+11]]
 * CHECK-NOT: {{.}}
 * JSON: 2 mutex lock deadlock; cycle
 */
#include <pthread.h>
#include <unistd.h>

static pthread_mutex_t accounts = PTHREAD_MUTEX_INITIALIZER, journal = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t both;

static __attribute__((noinline)) void take(pthread_mutex_t *first, pthread_mutex_t *second) {
    pthread_mutex_lock(first);
#ifndef FIXED
    pthread_barrier_wait(&both);
#endif
    pthread_mutex_lock(second);
    pthread_mutex_unlock(second);
    pthread_mutex_unlock(first);
}

static void *transfer(void *unused) {
    take(&accounts, &journal);
    return unused;
}

static void *report(void *unused) {
#ifdef FIXED
    take(&accounts, &journal);
#else
    take(&journal, &accounts);
#endif
    return unused;
}

int main(void) {
    pthread_t thread[2];
    pthread_barrier_init(&both, NULL, 2);
    pthread_create(&thread[0], NULL, transfer, NULL);
    pthread_setname_np(thread[0], "transfer");
    usleep(50000);
    pthread_create(&thread[1], NULL, report, NULL);
    pthread_setname_np(thread[1], "report");
    pthread_detach(thread[0]);
    pthread_detach(thread[1]);
    usleep(100000);
    return 0;
}
