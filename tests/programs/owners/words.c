/* Futexes that were not said to be private: everybody sleeps, main included. */
#include <linux/futex.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "owners.h"

static void *waits_for_word(void *word) {
    syscall(SYS_futex, word, FUTEX_WAIT, 0, NULL);
    return NULL;
}

static void rest_on(void *word) {
    start("one", waits_for_word, word);
    ready();
    sem_wait(&never);
}

static void word_of_data(void) {
    static int word;
    rest_on(&word);
}
static void word_on_stack(void) {
    int word = 0;
    rest_on(&word);
}
static void word_on_heap(void) {
    rest_on(calloc(1, sizeof(int)));
}

static void word_of_private_file(void) {
    rest_on(page(PROT_READ | PROT_WRITE, MAP_PRIVATE, file_of_zeros()));
}
/* Who only reads a file waits for the file's word, which others may write and wake. */
static void word_of_read_file(void) {
    rest_on(page(PROT_READ, MAP_PRIVATE, file_of_zeros()));
}
static void word_of_shared_file(void) {
    rest_on(page(PROT_READ | PROT_WRITE, MAP_SHARED, file_of_zeros()));
}
static void word_of_shared_memory(void) {
    rest_on(page(PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1));
}

/* What the thread sleeps on is still shared, though private memory lies there by now. */
static void word_mapped_over(void) {
    void *word = page(PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
    start("one", waits_for_word, word);
    settle_all();
    if (mmap(word, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != word)
        exit(3);
    ready();
    sem_wait(&never);
}

/* Somebody changed the word, and woke nobody. */
static void word_changed(void) {
    static int word;
    start("one", waits_for_word, &word);
    settle_all();
    word = 1;
    ready();
    stay();
}

/* A child's copy of private memory is its own; shared memory is no copy. */
static void *inherited;
static void rest_on_inherited(void) {
    rest_on(inherited);
}
static void word_copied_by_fork(void) {
    inherited = calloc(1, sizeof(int));
    in_child(rest_on_inherited);
}
static void word_shared_by_fork(void) {
    inherited = page(PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
    in_child(rest_on_inherited);
}

/* A token goes round in futexes that are not said to be private: nearly always all sleep but one. */
enum { RING = 3 };
static int tokens[RING];
static void *passes_token(void *number) {
    for (int self = (int)(long)number;;) {
        while (__atomic_load_n(&tokens[self], __ATOMIC_ACQUIRE) == 0)
            syscall(SYS_futex, &tokens[self], FUTEX_WAIT, 0, NULL);
        tokens[self] = 0;
        int *next = &tokens[(self + 1) % RING];
        __atomic_store_n(next, 1, __ATOMIC_RELEASE);
        syscall(SYS_futex, next, FUTEX_WAKE, 1);
    }
    return NULL;
}
static void token_of_words(void) {
    tokens[1] = 1;
    for (long i = 1; i < RING; i++)
        start("one", passes_token, (void *)i);
    if (write(STDOUT_FILENO, "ready\n", 6) == 6)
        passes_token((void *)0);
}

/* clang-format off */
const struct scenario of_words[] = {
    SCENARIO(word_of_data) SCENARIO(word_on_stack) SCENARIO(word_on_heap) SCENARIO(word_of_private_file)
    SCENARIO(word_of_read_file) SCENARIO(word_of_shared_file) SCENARIO(word_of_shared_memory)
    SCENARIO(word_mapped_over) SCENARIO(word_changed) SCENARIO(word_copied_by_fork)
    SCENARIO(word_shared_by_fork) SCENARIO(token_of_words)
    {NULL, NULL},
};
