/* A program with so many threads that nobody can wake, and so many MiB of blocks that lead to each other: what the proof by
 * reachability has to look through. With a third argument one of the blocks leads to what the threads wait for. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct box {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
};
struct block {
    struct block *next, *other;
};

static struct block *blocks;

static void *waits(void *of) {
    struct box *box = of;
    pthread_mutex_lock(&box->mutex);
    for (;;)
        pthread_cond_wait(&box->changed, &box->mutex);
    return NULL;
}

static void *runs(void *unused) {
    for (volatile unsigned i = 0;; i++)
        ;
    return unused;
}

static void fill(size_t bytes) {
    for (size_t done = 0, number = 0; done < bytes; number++) {
        size_t size = sizeof(struct block) + number * 37 % 480;
        struct block *block = calloc(1, size);
        block->next = blocks;
        block->other = blocks ? blocks->next : NULL;
        blocks = block;
        done += size + 16;
    }
}

static void keep(struct box *box) {
    struct block *block = blocks;
    for (unsigned i = 0; i < 1000; i++) /* in the midst of them */
        block = block->next;
    struct block *last = calloc(1, sizeof *last);
    *last = (struct block){.next = block->next, .other = (struct block *)box};
    block->next = last;
}

int main(int count, char **arguments) {
    pthread_attr_t attr;
    pthread_t thread;
    if (count < 3)
        return 2;
    fill(strtoul(arguments[2], NULL, 10) << 20);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 65536);
    for (long i = strtol(arguments[1], NULL, 10); i > 0; i--) {
        struct box *box = calloc(1, sizeof *box);
        pthread_mutex_init(&box->mutex, NULL);
        pthread_cond_init(&box->changed, NULL);
        if (pthread_create(&thread, &attr, waits, box) != 0)
            return 3;
        if (count > 3)
            keep(box);
    }
    if (pthread_create(&thread, NULL, runs, NULL) != 0)
        return 3;
    usleep(200000);
    puts("ready");
    fflush(stdout);
    for (;;)
        pause();
}
