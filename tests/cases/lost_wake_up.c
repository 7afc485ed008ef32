/* The signal comes before the wait, and the flag is not looked at.
 *
 * CHECK: leakwatch: 1 leaked thread in {{.*}} at exit; 2 live{{$}}
 * CHECK: 1 thread [cond wait, {{[0-9.]+}}s] suspect: signalled once while nobody waited, {{[0-9.]+}}s ago by lost_wake_up ({{[0-9]+}}){{$}}
 * CHECK: #1 waits lost_wake_up.c
 * CHECK: waiting on done (0x
 * CHECK-NEXT: last signalled at main lost_wake_up.c:[[#@LINE+30]]
 * CHECK-NOT: deadlock
 * JSON: 1 cond wait suspect;
 */
#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t done = PTHREAD_COND_INITIALIZER;
static bool is_done;

static void *waits(void *unused) {
    usleep(50000 * slower());
    pthread_mutex_lock(&mutex);
#ifdef FIXED
    while (!is_done)
#endif
        pthread_cond_wait(&done, &mutex);
    pthread_mutex_unlock(&mutex);
    return unused;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, waits, NULL);
    pthread_detach(thread);
    pthread_mutex_lock(&mutex);
    is_done = true;
    pthread_mutex_unlock(&mutex);
    pthread_cond_signal(&done);
    usleep(150000 * slower());
    return 0;
}
