/* A scenario is a small program that prints what it sees and how it ends. It is run with and without the
 * preload, and must say the same and end the same. Each is a function declared by SCENARIO in the file of its
 * subject. */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct scenario {
    const char *name;
    void (*play)(void);
};

#define SCENARIO(title)                                                            \
    static void title(void);                                                       \
    static const struct scenario title##_scenario                                  \
        __attribute__((section("scenarios"), used, aligned(8))) = {#title, title}; \
    static void title(void)

#define SAY(...) (printf(__VA_ARGS__), putchar('\n'), fflush(stdout))
/* An answer that is an error number, or a result with errno. */
#define TELL(call)                                     \
    do {                                               \
        errno = 0;                                     \
        long told = (long)(call);                      \
        SAY("%s = %ld, errno %d", #call, told, errno); \
    } while (0)

static inline pthread_t begin_thread(void *(*routine)(void *), void *argument) {
    pthread_t thread;
    int result = pthread_create(&thread, NULL, routine, argument);
    if (result != 0) {
        SAY("no thread: %s", strerror(result));
        exit(9);
    }
    return thread;
}

static inline void pass_ms(long ms) {
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&left, &left) != 0)
        ;
}

/* Says how a child ended. */
static inline void say_end(const char *who, int status) {
    if (WIFEXITED(status))
        SAY("%s exits with %d", who, WEXITSTATUS(status));
    else
        SAY("%s dies of signal %d", who, WTERMSIG(status));
}
