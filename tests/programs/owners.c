/* owners SCENARIO: comes to rest where somebody owns what a thread waits for in a way that no wrapper sees, says "ready", and
 * stays there. The tests send SIGUSR1 and look at the verdicts of its threads, by their names, as of proofs.c. */
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
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
#include <time.h>
#include <unistd.h>

#include "scenarios.h"
#include "settle.h"

static sem_t never;
static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;

static void ready(void) {
    settle_all();
    say_ready();
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
    stay();
}

static void in_child(void (*play)(void)) {
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        play();
    }
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

/* One has what libc locks by itself and wants a mutex, which two has, who wants what libc locks. */
static void wants_mutex(void) {
    settle();
    pthread_mutex_lock(&a);
}
static void wants_mutex_timed(void) {
    struct timespec until = {.tv_sec = time(NULL) + 1000};
    settle();
    pthread_mutex_timedlock(&a, &until);
}
static void sleeps(void) {
    stay();
}

static void *sleeps_on(void *unused) {
    stay();
    return unused;
}

static FILE *stream;
static void (*then)(void);

static void *has_stream(void *unused) {
    flockfile(stream);
    then();
    return unused;
}
static void *wants_stream(void *unused) {
    pthread_mutex_lock(&a);
    settle();
    fputs("words", stream);
    return unused;
}
static void with_stream(FILE *of, void (*does)(void)) {
    stream = of;
    then = does;
    start("one", has_stream, NULL);
    start("two", wants_stream, NULL);
    ready();
    stay();
}
static void stream_cycle(void) {
    with_stream(stderr, wants_mutex);
}
static void stream_of_heap_cycle(void) {
    with_stream(fdopen(file_of_zeros(), "r+"), wants_mutex);
}
static void stream_owner_sleeps(void) {
    with_stream(stderr, sleeps);
}
static void stream_owner_timed(void) {
    with_stream(stderr, wants_mutex_timed);
}
/* Who ends with a stream leaves it locked; but a thread that nobody saw could bear its handle by now. */
static void *takes_stream(void *unused) {
    flockfile(stderr);
    return unused;
}
static void stream_owner_ended(void) {
    pthread_join(start("culprit", takes_stream, NULL), NULL);
    stream = stderr;
    start("one", wants_stream, NULL);
    ready();
    stay();
}

/* What a constructor does is done with the loader's lock. */
void (*when_opened)(void);
static pthread_t second;
static void *opens(void *unused) {
    char path[512];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 64);
    if (length <= 0)
        exit(3);
    path[length] = '\0';
    strcpy(strrchr(path, '/'), "/libowners_library.so");
    if (!dlopen(path, RTLD_NOW))
        exit(3);
    return unused;
}
static void *locks_and_opens(void *unused) {
    pthread_mutex_lock(&a);
    settle();
    return opens(unused);
}
static void with_loader(void (*does)(void)) {
    when_opened = does;
    start("one", opens, NULL);
    second = start("two", locks_and_opens, NULL);
    ready();
    stay();
}
static void joins_second(void) {
    settle();
    pthread_join(second, NULL);
}
static void loader_cycle(void) {
    with_loader(wants_mutex);
}
static void loader_joins(void) {
    with_loader(joins_second);
}
static void loader_owner_sleeps(void) {
    with_loader(sleeps);
}
static void loader_owner_timed(void) {
    with_loader(wants_mutex_timed);
}

static int looks(struct dl_phdr_info *info, size_t size, void *unused) {
    (void)info, (void)size, (void)unused;
    then();
    return 1;
}
static void *iterates(void *unused) {
    dl_iterate_phdr(looks, NULL);
    return unused;
}
static void *locks_and_iterates(void *unused) {
    pthread_mutex_lock(&a);
    settle();
    return iterates(unused);
}
static void with_iteration(void (*does)(void)) {
    then = does;
    start("one", iterates, NULL);
    start("two", locks_and_iterates, NULL);
    ready();
    stay();
}
static void iteration_cycle(void) {
    with_iteration(wants_mutex);
}
static void iteration_sleeps(void) {
    with_iteration(sleeps);
}

/* A thread has the mutex when the process forks: it is not in the child, its lock is. Not if the memory is the same. */
static pthread_mutex_t *wanted;
static void *locks_and_stays(void *unused) {
    pthread_mutex_lock(wanted);
    stay();
    return unused;
}
static void *wants(void *unused) {
    pthread_mutex_lock(wanted);
    return unused;
}
static void child_wants(void) {
    start("one", wants, NULL);
    ready();
    stay();
}
static void fork_beside_owner(pthread_mutex_t *mutex) {
    wanted = mutex;
    start("culprit", locks_and_stays, NULL);
    settle_all();
    in_child(child_wants);
}
static void owner_not_copied(void) {
    fork_beside_owner(&a);
}
static void owner_of_shared_memory(void) {
    pthread_mutex_t *shared = page(PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
    pthread_mutex_init(shared, NULL);
    fork_beside_owner(shared);
}
/* The child's own thread has the number that forked. */
static void owner_copied(void) {
    wanted = &a;
    pthread_mutex_lock(wanted);
    start("bystander", sleeps_on, NULL);
    settle_all();
    in_child(child_wants);
}
/* A handler wants what the code that it interrupted has, or something else. */
static pthread_mutex_t b = PTHREAD_MUTEX_INITIALIZER;
static void locks_wanted(int number) {
    (void)number;
    pthread_mutex_lock(wanted);
    stay();
}
static void *is_interrupted(void *unused) {
    pthread_mutex_lock(&a);
    raise(SIGUSR2);
    return unused;
}
static void interrupt(pthread_mutex_t *mutex) {
    signal(SIGUSR2, locks_wanted);
    wanted = mutex;
    start("one", is_interrupted, NULL);
    ready();
    stay();
}
static void handler_relocks(void) {
    interrupt(&a);
}
static void handler_waits(void) {
    pthread_mutex_lock(&b);
    interrupt(&b);
}
static void handler_has_it_already(void) {
    pthread_mutexattr_t recursive;
    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&a, &recursive);
    interrupt(&a);
}

/* Each in turn holds its stream, and then waits a moment for the other's: never both at once (proofs.c, in_between). */
struct two {
    FILE *has, *wants;
};
static void *takes_turns(void *argument) {
    struct two *two = argument;
    never_settles();
    for (;;) {
        flockfile(two->has);
        usleep(300);
        funlockfile(two->has);
        flockfile(two->wants);
        funlockfile(two->wants);
    }
    return NULL;
}
static void streams_in_turns(void) {
    FILE *first = fdopen(file_of_zeros(), "r+"), *last = fdopen(file_of_zeros(), "r+");
    start("one", takes_turns, &(struct two){first, last});
    for (int i = 0; i < 200; i++)
        start("between", sleeps_on, NULL);
    start("two", takes_turns, &(struct two){last, first});
    ready();
    stay();
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
#define SCENARIOS(X) \
    X(word_of_data) X(word_on_stack) X(word_on_heap) X(word_of_private_file) X(word_of_read_file) X(word_of_shared_file) \
    X(word_of_shared_memory) X(word_mapped_over) X(word_changed) X(word_copied_by_fork) X(word_shared_by_fork) \
    X(stream_cycle) X(stream_of_heap_cycle) X(stream_owner_sleeps) X(stream_owner_timed) X(stream_owner_ended) \
    X(loader_cycle) X(loader_joins) X(loader_owner_sleeps) X(loader_owner_timed) X(iteration_cycle) X(iteration_sleeps) \
    X(owner_not_copied) X(owner_of_shared_memory) X(owner_copied) \
    X(handler_relocks) X(handler_waits) X(handler_has_it_already) X(streams_in_turns) X(token_of_words)
/* clang-format on */

int main(int count, char **arguments) {
    static const struct scenario scenarios[] = {
#define X(name) {#name, name},
        SCENARIOS(X)
#undef X
    };
    sem_init(&never, 0, 0);
    return play_one(scenarios, sizeof scenarios / sizeof *scenarios, count, arguments);
}
