/* NEGATIVE: a pool whose threads idle in a queue until an atexit handler, or a destructor, ends and joins
 * them. */
#include "queue.h"

static struct queue *queue;
static pthread_t workers[4];

static void *work(void *unused) {
    int job;
    while (queue_receive(queue, &job))
        ;
    return unused;
}

static void stop(int first) {
    for (int i = first; i < first + 2; i++)
        pthread_join(workers[i], NULL);
}

static void stop_at_exit(void) {
    queue_close(queue);
    stop(0);
}

__attribute__((destructor)) static void stop_in_destructor(void) {
    stop(2);
}

int main(void) {
    queue = queue_new(4);
    atexit(stop_at_exit);
    for (int i = 0; i < 4; i++)
        pthread_create(&workers[i], NULL, work, NULL);
    queue_send(queue, 1);
    return 0;
}
