/* An endless producer of random numbers; main takes three and goes on.
 *
 * CHECK: leakwatch: 1 leaked thread in {{.*}} at exit; 2 live{{$}}
 * CHECK: 1 thread [cond wait, {{[0-9.]+}}s] suspect: {{.*}} {{[0-9.]+}}s ago by stream_abandone ({{[0-9]+}})
 * CHECK: #1 queue_send queue.h
 * CHECK-NEXT: #2 produces stream_abandoned.c
 * JSON: 1 cond wait suspect;
 */
#include <poll.h>
#include <unistd.h>

#include "queue.h"

static struct queue *numbers;
static int done[2];

static void *produces(void *unused) {
    unsigned seed = 1;
#ifdef FIXED
    struct pollfd stop = {.fd = done[0], .events = POLLIN};
    for (int sent = 0; sent < 3; sent++)
        queue_send(numbers, rand_r(&seed));
    poll(&stop, 1, -1);
#else
    for (;;)
        queue_send(numbers, rand_r(&seed));
#endif
    return unused;
}

int main(void) {
    pthread_t producer;
    int value;
    numbers = queue_new(1);
    if (pipe(done) != 0)
        return 1;
    pthread_create(&producer, NULL, produces, NULL);
    pthread_detach(producer);
    for (int i = 0; i < 3; i++)
        queue_receive(numbers, &value);
    close(done[1]);
    settle();
    return 0;
}
