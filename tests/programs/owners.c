/* owners SCENARIO: comes to rest where somebody owns what a thread waits for in a way that no wrapper sees, says "ready", and
 * stays there. The tests send SIGUSR1 and look at the verdicts of its threads, by their names, as of proofs.c. */
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "settle.h"

static sem_t never;

static pthread_t start(const char *name, void *(*routine)(void *), void *argument) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, routine, argument) != 0)
        exit(3);
    pthread_setname_np(thread, name);
    return thread;
}

static void ready(void) {
    settle_all();
    if (write(STDOUT_FILENO, "ready\n", 6) != 6)
        exit(3);
}

/* Futexes that were not said to be private: everybody sleeps, main included. */
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

static void *page(int protection, int flags, int fd) {
    void *at = mmap(NULL, 4096, protection, flags, fd, 0);
    if (at == MAP_FAILED)
        exit(3);
    return at;
}

static int file_of_zeros(void) {
    char name[] = "/tmp/owners-XXXXXX";
    int fd = mkstemp(name);
    if (fd < 0 || ftruncate(fd, 4096) != 0)
        exit(3);
    unlink(name);
    return fd;
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
    sleep(1000);
}

static void in_child(void (*play)(void)) {
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        play();
    }
    for (;;)
        sleep(1000);
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

/* clang-format off */
#define SCENARIOS(X) \
    X(word_of_data) X(word_on_stack) X(word_on_heap) X(word_of_private_file) X(word_of_read_file) X(word_of_shared_file) \
    X(word_of_shared_memory) X(word_mapped_over) X(word_changed) X(word_copied_by_fork) X(word_shared_by_fork)
/* clang-format on */

int main(int count, char **arguments) {
    static const struct {
        const char *name;
        void (*play)(void);
    } scenarios[] = {
#define X(name) {#name, name},
        SCENARIOS(X)
#undef X
    };
    sem_init(&never, 0, 0);
    for (size_t i = 0; count == 2 && i < sizeof scenarios / sizeof *scenarios; i++)
        if (strcmp(arguments[1], scenarios[i].name) == 0)
            scenarios[i].play();
    return 4;
}
