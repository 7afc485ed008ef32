/* Every function of stdio locks its stream inside libc: a logger that keeps the stream for a whole line, and meanwhile wants what a
 * thread has that is about to print.
 *
 * OPTIONS: grace=100ms
 * CHECK: leakwatch: 2 leaked threads in {{.*}} at exit; 3 live, 1 deadlock
 * CHECK-DAG: 1 thread [stream lock, about {{[0-9.]+}}s] deadlock: held by logger ({{[0-9]+}}); in a cycle of 2 threads
 * CHECK-DAG: 1 thread [mutex lock, {{[0-9.]+}}s] deadlock: held by printer ({{[0-9]+}}); in a cycle of 2 threads
 * CHECK-DAG: waiting on the stream fd 2
 * CHECK: deadlock 1: 2 threads wait for each other
 * CHECK-DAG: logger ({{[0-9]+}}) waits in mutex lock for table
 * CHECK-DAG: printer ({{[0-9]+}}) waits in stream lock for the stream fd 2
 * JSON: 1 mutex lock deadlock, 1 stream lock deadlock; cycle
 */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER;

static void *logs(void *unused) {
    flockfile(stderr);
    settle();
#ifdef FIXED
    funlockfile(stderr);
#endif
    pthread_mutex_lock(&table);
    pthread_mutex_unlock(&table);
#ifndef FIXED
    funlockfile(stderr);
#endif
    return unused;
}

static void *prints(void *unused) {
    pthread_mutex_lock(&table);
    settle();
    fflush(stderr);
    pthread_mutex_unlock(&table);
    return unused;
}

int main(void) {
    pthread_t logger, printer;
    pthread_create(&logger, NULL, logs, NULL);
    pthread_setname_np(logger, "logger");
    pthread_create(&printer, NULL, prints, NULL);
    pthread_setname_np(printer, "printer");
#ifdef FIXED
    pthread_join(logger, NULL);
    pthread_join(printer, NULL);
#endif
    settle_all();
    _exit(0); /* exit() would wait for the stream */
}
