/* A random graph of blocks, known to globals, to threads that sleep or run, and to threads that wait for conditions in the blocks.
 * The program works out which of the waiters can still be woken, and says so: "live N", "lost N". When a byte comes in it wakes,
 * through nothing but the references, everyone it can come to; who was woken does the same, and says "woken N". */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "scenarios.h"

enum { BLOCKS = 60, WAITERS = 12, ROOTS = 4, LINKS = 4, NOBODY = -1 };

struct block {
    int number, waiter; /* who waits for its condition */
    bool open, seen;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct block *link[LINKS]; /* some lead to a block's inside */
    uintptr_t shift[LINKS];
    char rest[];
};

static struct block *roots[ROOTS];
static pthread_key_t key;
static uint64_t state;

static unsigned below(unsigned bound) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % bound;
}

static struct block *linked(const struct block *block, int i) {
    return block->link[i] ? (struct block *)((uintptr_t)block->link[i] - block->shift[i]) : NULL;
}

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

/* Opens all that can be come to from here. */
static void open_from(struct block *block) {
    if (!block || block->seen)
        return;
    block->seen = true;
    pthread_mutex_lock(&block->mutex);
    block->open = true;
    pthread_cond_broadcast(&block->changed);
    pthread_mutex_unlock(&block->mutex);
    for (int i = 0; i < LINKS; i++)
        open_from(linked(block, i));
}
static void open_all(struct block *block) {
    pthread_mutex_lock(&one_at_a_time);
    open_from(block);
    pthread_mutex_unlock(&one_at_a_time);
}

/* What a waiter knows: the block that it waits for, and one more. */
struct knows {
    struct block *waits_for, *keeps;
};

static void *waits(void *argument) {
    struct knows knows = *(struct knows *)argument;
    char words[32];
    free(argument);
    int number = knows.waits_for->waiter;
    pthread_mutex_lock(&knows.waits_for->mutex);
    while (!knows.waits_for->open)
        pthread_cond_wait(&knows.waits_for->changed, &knows.waits_for->mutex);
    pthread_mutex_unlock(&knows.waits_for->mutex);
    int length = snprintf(words, sizeof words, "woken %d\n", number);
    if (write(STDOUT_FILENO, words, (size_t)length) != length)
        exit(3);
    open_all(knows.waits_for);
    open_all(knows.keeps);
    return NULL;
}

/* Threads that go on: one naps, one runs, one sleeps until it is told. */
static volatile bool told;
static int bell[2];
static void *naps(void *block) {
    while (!told)
        usleep(2000);
    open_all(block);
    return NULL;
}
static void *runs(void *block) {
    pthread_setspecific(key, block);
    block = NULL;
    for (volatile unsigned i = 0; !told; i++)
        ;
    open_all(pthread_getspecific(key));
    return NULL;
}
static void *sleeps(void *block) {
    char byte;
    if (read(bell[0], &byte, 1) != 1)
        exit(3);
    open_all(block);
    return NULL;
}

static struct block *block_new(int number) {
    static const size_t sizes[] = {0, 24, 100, 700, 5000, 200000};
    struct block *block = calloc(1, sizeof *block + sizes[below(6)] + below(64));
    block->number = number;
    block->waiter = NOBODY;
    pthread_mutex_init(&block->mutex, NULL);
    pthread_cond_init(&block->changed, NULL);
    return block;
}
/* In an arena of another thread's. Not as its result: libc keeps that with the stack, which the next thread gets. */
static struct block *handed;
static void *block_elsewhere(void *number) {
    handed = block_new((int)(intptr_t)number);
    return NULL;
}

struct plan {
    struct block *block[BLOCKS];
    struct block *known[3]; /* to the threads that go on */
    struct knows knows[WAITERS];
    bool live[BLOCKS], wakes[WAITERS];
};

static void connect(struct plan *plan) {
    for (int i = 0; i < BLOCKS; i++) {
        if (below(4) == 0) {
            pthread_t thread;
            pthread_create(&thread, NULL, block_elsewhere, (void *)(intptr_t)i);
            pthread_join(thread, NULL);
            plan->block[i] = handed;
            handed = NULL;
        } else {
            plan->block[i] = block_new(i);
        }
        if (below(3) == 0)
            free(malloc(1 + below(2000)));
    }
    for (int i = 0; i < BLOCKS; i++)
        for (unsigned links = below(3), k = 0; k < links; k++) {
            plan->block[i]->shift[k] = below(2) ? below(sizeof(struct block) + 1) : 0;
            plan->block[i]->link[k] =
                (struct block *)((uintptr_t)plan->block[below(BLOCKS)] + plan->block[i]->shift[k]);
        }
    for (int i = 0; i < ROOTS; i++)
        roots[i] = below(3) ? plan->block[below(BLOCKS)] : NULL;
    for (int i = 0; i < 3; i++)
        plan->known[i] = below(2) ? plan->block[below(BLOCKS)] : NULL;
    for (int i = 0; i < WAITERS; i++) {
        struct block *block;
        do
            block = plan->block[below(BLOCKS)];
        while (block->waiter != NOBODY);
        block->waiter = i;
        plan->knows[i] = (struct knows){block, below(2) ? plan->block[below(BLOCKS)] : NULL};
    }
}

static void spread(struct plan *plan, const struct block *block) {
    if (!block || plan->live[block->number])
        return;
    plan->live[block->number] = true;
    for (int i = 0; i < LINKS; i++)
        spread(plan, linked(block, i));
}

static void work_out(struct plan *plan) {
    for (int i = 0; i < ROOTS; i++)
        spread(plan, roots[i]);
    for (int i = 0; i < 3; i++)
        spread(plan, plan->known[i]);
    for (bool changed = true; changed;) {
        changed = false;
        for (int i = 0; i < WAITERS; i++)
            if (!plan->wakes[i] && plan->live[plan->knows[i].waits_for->number]) {
                plan->wakes[i] = changed = true;
                spread(plan, plan->knows[i].keeps);
            }
    }
    for (int i = 0; i < WAITERS; i++)
        printf("%s %d\n", plan->wakes[i] ? "live" : "lost", i);
}

static __attribute__((noinline)) void begin(void) {
    void *(*const going[])(void *) = {naps, runs, sleeps};
    struct plan *plan = mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    connect(plan);
    work_out(plan);
    for (int i = 0; i < WAITERS; i++) {
        char name[16];
        struct knows *knows = malloc(sizeof *knows);
        *knows = plan->knows[i];
        snprintf(name, sizeof name, "waiter-%d", i);
        pthread_detach(start(name, waits, knows));
    }
    for (int i = 0; i < 3; i++)
        pthread_detach(start("goes on", going[i], plan->known[i]));
    munmap(plan, sizeof *plan);
}

int main(int count, char **arguments) {
    state = count == 2 ? strtoull(arguments[1], NULL, 10) * 0x9e3779b97f4a7c15u + 1 : 1;
    if (pipe(bell) != 0 || pthread_key_create(&key, NULL) != 0)
        return 3;
    begin();
    forget();
    usleep(50000);
    fflush(stdout);
    say_ready();
    await_byte();
    told = true;
    if (write(bell[1], "x", 1) != 1)
        return 3;
    for (int i = 0; i < ROOTS; i++)
        open_all(roots[i]);
    await_byte();
    return 0;
}
