/* grower [block | handle | ignore]: does as its input says, a line each, and answers "ok":
 *   grow N    N threads more that wait for a condition nobody signals, and one that made three such
 *   end N     N threads that end at once and are joined
 *   leave N   N threads that end at once and are never joined
 *   quit
 * block: all threads block SIGUSR1; handle: it has a handler of its own, which says so; ignore. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "settle.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;

static void *waiter(void *unused) {
    pthread_mutex_lock(&mutex);
    for (volatile int done = 0; !done;)
        pthread_cond_wait(&never, &mutex);
    return unused;
}

static __attribute__((noinline)) void start(void *(*function)(void *)) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, function, NULL) != 0 || pthread_detach(thread) != 0)
        _exit(3);
}

static void *parent(void *unused) {
    pthread_setname_np(pthread_self(), "parent");
    for (int i = 0; i < 3; i++)
        start(waiter);
    for (;;)
        pause();
    return unused;
}

static void *nothing(void *unused) {
    return unused;
}

static void on_signal(int signal) {
    static const char said[] = "handled\n";
    if (signal == SIGUSR1 && write(STDERR_FILENO, said, sizeof said - 1) < 0)
        _exit(4);
}

int main(int count, char **arguments) {
    char line[64];
    int number;
    pthread_t thread;
    if (count > 1 && strcmp(arguments[1], "block") == 0) {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGUSR1);
        pthread_sigmask(SIG_BLOCK, &set, NULL);
    } else if (count > 1) {
        signal(SIGUSR1, strcmp(arguments[1], "handle") == 0 ? on_signal : SIG_IGN);
    }
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "grow %d", &number) == 1) {
            for (int i = 0; i < number; i++)
                start(waiter);
            start(parent);
        } else if (sscanf(line, "end %d", &number) == 1) {
            for (int i = 0; i < number; i++)
                if (pthread_create(&thread, NULL, nothing, NULL) != 0 || pthread_join(thread, NULL) != 0)
                    return 3;
        } else if (sscanf(line, "leave %d", &number) == 1) {
            for (int i = 0; i < number; i++)
                if (pthread_create(&thread, NULL, nothing, NULL) != 0)
                    return 3;
        } else {
            break;
        }
        settle();
        puts("ok");
        fflush(stdout);
    }
    _exit(0);
}
