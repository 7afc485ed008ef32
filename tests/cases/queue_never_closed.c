/* A metrics consumer drains a queue; a flush replaces the queue and forgets to close the old one.
 *
 * CHECK: leakwatch: 3 leaked threads in {{.*}} at exit; 4 live
 * CHECK: 3 threads [cond wait, {{[0-9.]+}}s] suspect: last signalled {{[0-9.]+}}s ago by flusher ({{[0-9]+}})
 * CHECK: #0 pthread_cond_wait
 * CHECK-NEXT: #1 queue_receive
 * CHECK-NEXT: #2 consume
 * CHECK: created by flusher ({{[0-9]+}})
 * CHECK-NEXT: #0 flush
 */
#include <sys/prctl.h>
#include <unistd.h>

#include "queue.h"

static struct queue *metrics;

static void *consume(void *queue) {
    int value;
    while (queue_receive(queue, &value))
        ;
    return NULL;
}

static __attribute__((noinline)) void flush(void) {
    pthread_t consumer;
#ifdef FIXED
    if (metrics)
        queue_close(metrics);
#endif
    metrics = queue_new(8);
    pthread_create(&consumer, NULL, consume, metrics);
    pthread_detach(consumer);
    usleep(20000); /* it waits by now */
    for (int i = 0; i < 3; i++)
        queue_send(metrics, i);
    usleep(20000);
}

int main(void) {
    prctl(PR_SET_NAME, "flusher");
    for (int i = 0; i < 3; i++)
        flush();
#ifdef FIXED
    queue_close(metrics);
#endif
    return 0;
}
