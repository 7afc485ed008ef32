/* A loop whose end can never be true.
 *
 * OPTIONS: grace=0
 * TRIES: 10
 * CHECK: leakwatch: 1 leaked thread in {{.*}} at exit; 2 live{{$}}
 * CHECK: 1 thread [spinning] used {{[0-9]+}}% of a processor over {{[0-9]+}} ms
 * CHECK: #0 halves dead_loop.c
 * CHECK-NEXT: #1 works dead_loop.c
 */
#include <pthread.h>
#include <unistd.h>

static volatile double rest;

static __attribute__((noinline)) void halves(double number) {
#ifdef FIXED
    while (number > 1)
#else
    while (number != 1) /* 0.1 never comes to it */
#endif
    {
        number /= 2;
        if (number < 0.01)
            number *= 1024;
        rest = number;
#ifdef FIXED
        break;
#endif
    }
}

static void *works(void *unused) {
    halves(0.1);
    return unused;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, works, NULL);
    pthread_detach(thread);
    usleep(100000);
    return 0;
}
