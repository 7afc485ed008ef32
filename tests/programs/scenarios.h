/* What programs that act out a scenario share: threads with names, how they say that they are ready, and how one is chosen. */
#pragma once

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "settle.h"

static inline pthread_t start(const char *name, void *(*routine)(void *), void *argument) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, routine, argument) != 0)
        exit(3);
    pthread_setname_np(thread, name);
    return thread;
}

static inline void say_ready(void) {
    if (write(STDOUT_FILENO, "ready\n", 6) != 6)
        exit(3);
}

/* What earlier calls left behind on the stack and in registers that nobody preserves is no reference. */
static __attribute__((noinline, unused)) void forget(void) {
    volatile char bytes[32768];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = 0;
#ifdef __x86_64__
#define CLEAR(a, b, c, d)                                                                           \
    "pxor %xmm" #a ",%xmm" #a ";pxor %xmm" #b ",%xmm" #b ";pxor %xmm" #c ",%xmm" #c ";pxor %xmm" #d \
    ",%xmm" #d ";"
    __asm__ volatile(CLEAR(0, 1, 2, 3) CLEAR(4, 5, 6, 7) CLEAR(8, 9, 10, 11) CLEAR(12, 13, 14, 15));
#undef CLEAR
#endif
}

/* Until whoever watches writes one, or has gone. */
static inline void await_byte(void) {
    char byte;
    if (read(STDIN_FILENO, &byte, 1) != 1)
        exit(0);
}

static inline void stay(void) {
    for (;;)
        sleep(1000);
}

/* A child has this descriptor and no other, and stays for as long as the program is there. */
static inline void leave_to_child(int kept) {
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (int fd = 3; fd < 20; fd++)
            if (fd != kept)
                close(fd);
        stay();
    }
    settle();
}

/* In memory that a child shares. */
static inline pthread_mutex_t *make_shared_mutex(void) {
    pthread_mutexattr_t attr;
    pthread_mutex_t *shared =
        (pthread_mutex_t *)mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(shared, &attr);
    return shared;
}

/* Lists of them end with {NULL, NULL}. */
struct scenario {
    const char *name;
    void (*play)(void);
};
#define SCENARIO(name) {#name, name},

/* Plays the one that the first argument names; the program's status, should that return. */
static inline int play_one(const struct scenario *const *lists, size_t number, int count, char **arguments) {
    for (size_t i = 0; count == 2 && i < number; i++)
        for (const struct scenario *scenario = lists[i]; scenario->name; scenario++)
            if (strcmp(arguments[1], scenario->name) == 0)
                scenario->play();
    return 4;
}
