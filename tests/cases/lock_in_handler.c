/* A handler that logs, in a thread that was interrupted while it logged: the lock is its own, and what would release it cannot go on.
 *
 * CHECK: leakwatch: 1 leaked thread in {{.*}} at exit; 2 live, 1 deadlock
 * CHECK: 1 thread [mutex lock, {{[0-9.]+}}s] deadlock: held by the waiting thread itself; it waits in a handler of SIGUSR2; it waits for what it holds itself
 * CHECK: #0 pthread_mutex_lock
 * CHECK: says lock_in_handler.c:
 * CHECK: on_signal lock_in_handler.c:
 * CHECK: <signal SIGUSR2>{{$}}
 * CHECK: works lock_in_handler.c:
 * CHECK: its owner took it at works lock_in_handler.c:
 * CHECK: deadlock 1: a thread waits for itself
 * JSON: 1 mutex lock deadlock; cycle
 */
#include <pthread.h>
#include <signal.h>
#include <stddef.h>

static pthread_mutex_t journal = PTHREAD_MUTEX_INITIALIZER;
static volatile int said;

static __attribute__((noinline)) void says(void) {
#ifdef FIXED
    if (pthread_mutex_trylock(&journal) != 0)
        return;
#else
    pthread_mutex_lock(&journal);
#endif
    said++;
    pthread_mutex_unlock(&journal);
}

static void on_signal(int signal) {
    says();
}

static void *works(void *unused) {
    pthread_mutex_lock(&journal);
    raise(SIGUSR2);
    said++;
    pthread_mutex_unlock(&journal);
    return unused;
}

int main(void) {
    pthread_t worker;
    signal(SIGUSR2, on_signal);
    pthread_create(&worker, NULL, works, NULL);
#ifdef FIXED
    pthread_join(worker, NULL);
#endif
    settle();
    return 0;
}
