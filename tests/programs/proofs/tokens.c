/* Nearly always all sleep but one, and who sleeps changes all the time: nothing is proved, ever. */
#include <fcntl.h>
#include <linux/futex.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proofs.h"

/* A token goes round, main included: nearly always all sleep but one, and who sleeps changes all the time. */
enum { RING = 3 };
static int turn;
static sem_t turns[RING];
static int pipes[RING][2];
static pthread_cond_t turned[RING] = {[0 ... RING - 1] = PTHREAD_COND_INITIALIZER};

static void *passes_post(void *number) {
    for (int self = (int)(long)number;;) {
        sem_wait(&turns[self]);
        sem_post(&turns[(self + 1) % RING]);
    }
    return NULL;
}
static void *passes_signal(void *number) {
    int self = (int)(long)number;
    pthread_mutex_lock(&c);
    for (;;) {
        while (turn != self)
            pthread_cond_wait(&turned[self], &c);
        turn = (turn + 1) % RING;
        pthread_cond_signal(&turned[turn]);
    }
    return NULL;
}
static void *passes_byte(void *number) {
    char byte;
    for (int self = (int)(long)number;;)
        if (read(pipes[self][0], &byte, 1) != 1 || write(pipes[(self + 1) % RING][1], &byte, 1) != 1)
            exit(3);
    return NULL;
}
static void pass(void *(*passes)(void *)) {
    for (long i = 1; i < RING; i++)
        start("one", passes, (void *)i);
    say_ready();
    passes((void *)0);
}
/* Each wait is ended by a thread that does not exist yet when it begins. */
static void *posts_and_ends(void *semaphore) {
    sem_post(semaphore);
    return NULL;
}
static void *makes_a_waker(void *number) {
    int self = (int)(long)number;
    for (;;) {
        pthread_t waker;
        if (pthread_create(&waker, NULL, posts_and_ends, &turns[self]) != 0)
            exit(3);
        pthread_detach(waker);
        sem_wait(&turns[self]);
    }
    return NULL;
}
/* Words that only the kernel's futex calls are used on: 1 is the token. */
static uint32_t words[RING];
static void *passes_word(void *number) {
    for (int self = (int)(long)number, next = (self + 1) % RING;;) {
        while (__atomic_exchange_n(&words[self], 0, __ATOMIC_SEQ_CST) == 0)
            syscall(SYS_futex, &words[self], FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
        __atomic_store_n(&words[next], 1, __ATOMIC_SEQ_CST);
        syscall(SYS_futex, &words[next], FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    }
    return NULL;
}
static void token_of_words(void) {
    words[1] = 1;
    pass(passes_word);
}
/* The pipe is full but for the one who reads it, a page at a time. */
static void *drains(void *unused) {
    static char page[4096];
    while (read(ends[0], page, sizeof page) > 0)
        ;
    return unused;
}
static void token_of_room(void) {
    static char bytes[3 * 4096];
    if (pipe(ends) != 0 || fcntl(ends[1], F_SETPIPE_SZ, 4096) < 0)
        exit(3);
    start("one", drains, NULL);
    say_ready();
    while (write(ends[1], bytes, sizeof bytes) > 0)
        ;
}
static void token_of_threads(void) {
    for (int i = 0; i < RING; i++)
        sem_init(&turns[i], 0, 0);
    pass(makes_a_waker);
}

static void token_of_posts(void) {
    for (int i = 0; i < RING; i++)
        sem_init(&turns[i], 0, i == 1);
    pass(passes_post);
}
static void token_of_signals(void) {
    pass(passes_signal);
}
static void token_of_bytes(void) {
    for (int i = 0; i < RING; i++)
        if (pipe(pipes[i]) != 0)
            exit(3);
    if (write(pipes[1][1], "x", 1) != 1)
        exit(3);
    pass(passes_byte);
}

/* clang-format off */
const struct scenario of_tokens[] = {
    SCENARIO(token_of_posts) SCENARIO(token_of_signals) SCENARIO(token_of_bytes) SCENARIO(token_of_threads)
    SCENARIO(token_of_words) SCENARIO(token_of_room)
    {NULL, NULL},
};
