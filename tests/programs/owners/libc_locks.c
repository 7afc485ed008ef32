/* What libc locks by itself: streams, the loader's locks. */
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "owners.h"

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

/* Each in turn holds its stream, and then waits a moment for the other's: never both at once (proofs, in_between). */
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

/* clang-format off */
const struct scenario of_libc_locks[] = {
    SCENARIO(stream_cycle) SCENARIO(stream_of_heap_cycle) SCENARIO(stream_owner_sleeps)
    SCENARIO(stream_owner_timed) SCENARIO(stream_owner_ended) SCENARIO(loader_cycle) SCENARIO(loader_joins)
    SCENARIO(loader_owner_sleeps) SCENARIO(loader_owner_timed) SCENARIO(iteration_cycle)
    SCENARIO(iteration_sleeps) SCENARIO(streams_in_turns)
    {NULL, NULL},
};
