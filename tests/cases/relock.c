/* A normal mutex locked again by the thread that holds it.
 *
 * CHECK: leakwatch: 1 leaked thread in {{.*}} at exit; 2 live, 1 deadlock
 * CHECK: 1 thread [mutex lock, {{[0-9.]+}}s] deadlock: held by the waiting thread itself; it waits for what it holds itself
 * CHECK: #1 log_line relock.c:[[#@LINE+17]]
 * CHECK-NEXT: #2 flush relock.c:{{[0-9]+}}
 * CHECK: waiting on mutex (0x
 * CHECK-NEXT: its owner took it at flush relock.c:{{[0-9]+}}
 * CHECK: deadlock 1: a thread waits for itself
 * CHECK-NEXT: flusher ([[TID:[0-9]+]]) waits in mutex lock for mutex (0x
 * CHECK-NEXT: at log_line relock.c
 * CHECK-NEXT: held by flusher ([[TID]]), taken at flush relock.c:{{[0-9]+$}}
 * CHECK-NOT: {{.}}
 * JSON: 1 mutex lock deadlock; cycle
 */
#include <pthread.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static __attribute__((noinline)) void log_line(void) {
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
}

static void *flush(void *unused) {
#ifdef FIXED
    log_line();
#endif
    pthread_mutex_lock(&mutex);
#ifndef FIXED
    log_line();
#endif
    pthread_mutex_unlock(&mutex);
    return unused;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, flush, NULL);
    pthread_setname_np(thread, "flusher");
    pthread_detach(thread);
    usleep(100000);
    return 0;
}
