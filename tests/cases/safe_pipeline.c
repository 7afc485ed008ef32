/* Producer, two stages and a consumer, closed in order.
 *
 * NEGATIVE
 */
#include "queue.h"

static struct queue *stage[3];

static void *passes(void *number) {
    long self = (long)number;
    int value;
    while (queue_receive(stage[self], &value))
        queue_send(stage[self + 1], value + 1);
    queue_close(stage[self + 1]);
    return NULL;
}

int main(void) {
    pthread_t thread[2];
    int value, sum = 0;
    for (int i = 0; i < 3; i++)
        stage[i] = queue_new(4);
    for (long i = 0; i < 2; i++)
        pthread_create(&thread[i], NULL, passes, (void *)i);
    for (int i = 0; i < 3; i++)
        queue_send(stage[0], i);
    queue_close(stage[0]);
    while (queue_receive(stage[2], &value))
        sum += value;
    for (int i = 0; i < 2; i++)
        pthread_join(thread[i], NULL);
    return sum == 9 ? 0 : 1;
}
