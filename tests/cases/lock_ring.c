/* Five threads, five locks in a ring; two more wait for locks of the ring, and one for one of those two to end.
 *
 * CHECK: leakwatch: 8 leaked threads in {{.*}} at exit; 9 live, 1 deadlock
 * CHECK-DAG: in a cycle of 5 threads
 * CHECK-DAG: [mutex lock, {{[0-9.]+}}s] stranded: held by eater-0 ({{[0-9]+}}); eater-0 ({{[0-9]+}}) will never release it
 * CHECK-DAG: [thread join, {{[0-9.]+}}s] stranded: guest ({{[0-9]+}}) will never end
 * CHECK: deadlock 1: 5 threads wait for each other
 * CHECK-NEXT: eater-0 ([[E0:[0-9]+]]) waits in mutex lock for fork_at+{{40|48}} (0x
 * CHECK-NEXT: at eats lock_ring.c
 * CHECK-NEXT: held by eater-1 ([[E1:[0-9]+]]), taken at eats lock_ring.c
 * CHECK-NEXT: eater-1 ([[E1]]) waits in mutex lock for fork_at+{{80|96}} (0x
 * CHECK-NEXT: at eats
 * CHECK-NEXT: held by eater-2 ([[E2:[0-9]+]])
 * CHECK-NEXT: eater-2 ([[E2]]) waits
 * CHECK-NEXT: at eats
 * CHECK-NEXT: held by eater-3 ([[E3:[0-9]+]])
 * CHECK-NEXT: eater-3 ([[E3]]) waits
 * CHECK-NEXT: at eats
 * CHECK-NEXT: held by eater-4 ([[E4:[0-9]+]])
 * CHECK-NEXT: eater-4 ([[E4]]) waits in mutex lock for fork_at (0x
 * CHECK-NEXT: at eats
 * CHECK-NEXT: held by eater-0 ([[E0]]), taken at eats lock_ring.c:[[#@LINE+22]]{{$}}
 * CHECK-NOT: {{.}}
 * JSON: 5 mutex lock deadlock, 2 mutex lock stranded, 1 thread join stranded; cycle
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

enum { EATERS = 5 };
static pthread_mutex_t fork_at[EATERS] = {[0 ... EATERS - 1] = PTHREAD_MUTEX_INITIALIZER};
static pthread_barrier_t seated;

static void *eats(void *place) {
    uintptr_t first = (uintptr_t)place, second = (first + 1) % EATERS;
#ifdef FIXED
    if (first > second) { /* one order for all */
        uintptr_t other = first;
        first = second;
        second = other;
    }
#endif
    pthread_mutex_lock(&fork_at[first]);
#ifndef FIXED
    pthread_barrier_wait(&seated);
#endif
    pthread_mutex_lock(&fork_at[second]);
    pthread_mutex_unlock(&fork_at[second]);
    pthread_mutex_unlock(&fork_at[first]);
    return place;
}

static void *wants_fork(void *unused) {
    pthread_mutex_lock(&fork_at[0]);
    pthread_mutex_unlock(&fork_at[0]);
    return unused;
}

static pthread_t guest;
static void *waits_for_guest(void *unused) {
    pthread_join(guest, NULL);
    return unused;
}

int main(void) {
    pthread_t thread[EATERS], other, last;
    char name[16];
    pthread_barrier_init(&seated, NULL, EATERS);
    for (uintptr_t i = 0; i < EATERS; i++) {
        pthread_create(&thread[i], NULL, eats, (void *)i);
        snprintf(name, sizeof name, "eater-%d", (int)i);
        pthread_setname_np(thread[i], name);
        pthread_detach(thread[i]);
    }
    usleep(50000);
    pthread_create(&guest, NULL, wants_fork, NULL);
    pthread_setname_np(guest, "guest");
    pthread_create(&other, NULL, wants_fork, NULL);
    pthread_create(&last, NULL, waits_for_guest, NULL);
    pthread_detach(other);
    pthread_detach(last);
    usleep(100000);
    return 0;
}
