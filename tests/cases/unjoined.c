/* Ten joinable threads end and are never joined: their stacks are kept for ever.
 *
 * CHECK: leakwatch: 10 leaked threads in {{.*}} at exit; 1 live, 10 never joined
 * CHECK: 10 threads  [finished, {{[0-9.]+}}s ago, never joined] their stacks keep {{[0-9.]+}} MiB
 * CHECK: created by {{.*}} ({{[0-9]+}})
 * CHECK-NEXT: #0 main unjoined.c:[[#@LINE+13]]
 * CHECK-NOT: {{[0-9]+}} thread
 */
#include <pthread.h>
#include <unistd.h>

static void *work(void *unused) {
    return unused;
}

int main(void) {
    for (int i = 0; i < 10; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, work, NULL);
#ifdef FIXED
        if (i % 2)
            pthread_join(thread, NULL);
        else
            pthread_detach(thread);
#endif
    }
    usleep(100000);
    return 0;
}
