/* A thread sleeps an hour after its work was given up.
 *
 * OPTIONS: grace=50ms
 * CHECK: leakwatch: 1 leaked thread in {{.*}} at exit; 2 live{{$}}
 * CHECK: 1 thread [sleep, {{[0-9.]+}}s of 3600.0s] idle
 * CHECK: #0 sleep
 * CHECK-NEXT: #1 retries_later timer_not_stopped.c
 * JSON: 1 sleep idle;
 */
#include <pthread.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool given_up;

static void *retries_later(void *unused) {
#ifdef FIXED
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 3600;
    pthread_mutex_lock(&mutex);
    while (!given_up && pthread_cond_timedwait(&changed, &mutex, &until) == 0)
        ;
    pthread_mutex_unlock(&mutex);
#else
    sleep(3600);
#endif
    return unused;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, retries_later, NULL);
    pthread_detach(thread);
    settle();
    pthread_mutex_lock(&mutex);
    given_up = true;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&mutex);
    return 0;
}
