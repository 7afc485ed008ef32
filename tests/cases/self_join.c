/* A thread joins itself. libc refuses with EDEADLK; the program does not look, and tries for ever: a thread that never
 * ends, though none sleeps in a join.
 *
 * OPTIONS: grace=0
 * CHECK: leakwatch: 1 leaked thread in {{.*}} at exit; 2 live{{$}}
 * CHECK: joiner ({{[0-9]+}})
 * CHECK: created by
 * CHECK-NOT: deadlock
 */
#include <pthread.h>
#include <unistd.h>

static void *joins_itself(void *unused) {
    while (pthread_join(pthread_self(), NULL) != 0) {
#ifdef FIXED
        pthread_detach(pthread_self());
        break;
#endif
    }
    return unused;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, joins_itself, NULL);
    pthread_setname_np(thread, "joiner");
    usleep(100000);
    return 0;
}
