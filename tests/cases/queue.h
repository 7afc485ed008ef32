/* The catalogue's queue: a mutex and two conditions around a ring of given capacity; capacity 0 is a
 * rendezvous. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct queue {
    pthread_mutex_t mutex;
    pthread_cond_t not_empty, not_full;
    int ring[64];
    unsigned capacity, count, first, taken, takers;
    bool closed;
};

static inline struct queue *queue_new(unsigned capacity) {
    struct queue *queue = calloc(1, sizeof *queue);
    pthread_mutex_init(&queue->mutex, NULL);
    pthread_cond_init(&queue->not_empty, NULL);
    pthread_cond_init(&queue->not_full, NULL);
    queue->capacity = capacity;
    return queue;
}

static __attribute__((noinline, unused)) void queue_send(struct queue *queue, int value) {
    pthread_mutex_lock(&queue->mutex);
    /* a rendezvous has room for as many as wait to take */
    while (queue->count >= (queue->capacity ? queue->capacity : queue->takers))
        pthread_cond_wait(&queue->not_full, &queue->mutex);
    queue->ring[(queue->first + queue->count++) % 64] = value;
    pthread_cond_signal(&queue->not_empty);
    pthread_mutex_unlock(&queue->mutex);
}

/* False when the queue is closed and empty. */
static __attribute__((noinline, unused)) bool queue_receive(struct queue *queue, int *value) {
    pthread_mutex_lock(&queue->mutex);
    queue->takers++;
    pthread_cond_signal(&queue->not_full);
    while (queue->count == 0 && !queue->closed)
        pthread_cond_wait(&queue->not_empty, &queue->mutex);
    queue->takers--;
    bool got = queue->count > 0;
    if (got) {
        *value = queue->ring[queue->first];
        queue->first = (queue->first + 1) % 64;
        queue->count--;
        pthread_cond_signal(&queue->not_full);
    }
    pthread_mutex_unlock(&queue->mutex);
    return got;
}

static __attribute__((unused)) void queue_close(struct queue *queue) {
    pthread_mutex_lock(&queue->mutex);
    queue->closed = true;
    pthread_cond_broadcast(&queue->not_empty);
    pthread_mutex_unlock(&queue->mutex);
}
