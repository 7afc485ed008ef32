/* The caller waits 200 ms for an answer that comes after 300: the worker then waits to hand it over for ever.
 *
 * CHECK: leakwatch: 1 leaked thread in {{.*}} at exit; 2 live
 * CHECK: 1 thread  [cond wait, {{[0-9.]+}}s]  suspect:
 * CHECK-NEXT: timed_out_calle ({{[0-9]+}})
 * CHECK-NEXT: #0 pthread_cond_wait
 * CHECK-NEXT: #1 queue_send queue.h:{{[0-9]+}}
 * CHECK-NEXT: #2 answer_late timed_out_caller.c:[[#@LINE+17]]
 * CHECK: created by
 * CHECK-NEXT: #0 ask timed_out_caller.c:[[#@LINE+21]]
 * CHECK-NEXT: #1 main
 */
#include <unistd.h>

#include "queue.h"

#ifdef FIXED
enum { CAPACITY = 1 };
#else
enum { CAPACITY = 0 };
#endif

static void *answer_late(void *queue) {
    usleep(300000);
    queue_send(queue, 42);
    return NULL;
}

static __attribute__((noinline)) void ask(struct queue *queue) {
    pthread_t worker;
    pthread_create(&worker, NULL, answer_late, queue);
    pthread_detach(worker);
    usleep(200000); /* and gives up */
}

int main(void) {
    ask(queue_new(CAPACITY));
    usleep(200000);
    return 0;
}
