/* A loop whose end can never be true, and a spin lock whose holder sleeps: both run, and neither will finish.
 *
 * OPTIONS: grace=0
 * TRIES: 10
 * CHECK: leakwatch: 3 leaked threads in {{.*}} at exit; 4 live
 * CHECK-DAG: 1 thread [spinning] used {{[0-9]+}}% of a processor over {{[0-9]+}} ms
 * CHECK-DAG: #0 never_ends spinning.c:
 * CHECK-DAG: #1 works spinning.c:
 * CHECK-DAG: 1 thread [spin lock, {{[0-9.]+}}s]
 * CHECK-DAG: #0 pthread_spin_lock
 * CHECK-DAG: #1 wants spinning.c:
 * CHECK-DAG: waiting on lock (0x
 * CHECK-DAG: 1 thread [pause, {{[0-9.]+}}s] idle
 */
#include <pthread.h>
#include <unistd.h>

static pthread_spinlock_t lock;
static volatile int reached;

static __attribute__((noinline)) int never_ends(int at) {
    while (at != reached)
        at = at % 2 + 2;
    return at;
}

static void *works(void *unused) {
#ifdef FIXED
    reached = 2;
#endif
    return never_ends(2) ? NULL : unused;
}

static void *wants(void *unused) {
    pthread_spin_lock(&lock);
    pthread_spin_unlock(&lock);
    return unused;
}

static void *holds(void *unused) {
    pthread_spin_lock(&lock);
#ifdef FIXED
    pthread_spin_unlock(&lock);
#else
    pause();
#endif
    return unused;
}

int main(void) {
    void *(*const routines[])(void *) = {holds, wants, works};
    pthread_t thread[3];
    pthread_spin_init(&lock, PTHREAD_PROCESS_PRIVATE);
    for (int i = 0; i < 3; i++) {
        if (pthread_create(&thread[i], NULL, routines[i], NULL) != 0)
            return 1;
        usleep(50000);
    }
#ifdef FIXED
    for (int i = 0; i < 3; i++)
        pthread_join(thread[i], NULL);
#endif
    return 0;
}
