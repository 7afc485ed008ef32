/* main_ended [child]: the main thread has ended. One thread reads a pipe, another waits for a condition; with `child`, a process whose own main
 * thread has ended too has the pipe's ends as well. */
#include "scenarios.h"

static int ends[2];

static void *reads(void *unused) {
    char byte;
    if (read(ends[0], &byte, 1) != 1)
        exit(3);
    return unused;
}

static void *waits(void *unused) {
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
    pthread_mutex_lock(&mutex);
    for (;;)
        pthread_cond_wait(&never, &mutex);
    return unused;
}

static void *stays(void *unused) {
    for (;;)
        pause();
    return unused;
}

int main(int count, char **arguments) {
    (void)arguments;
    if (pipe(ends) != 0)
        return 3;
    if (count > 1 && fork() == 0) {
        alarm(60); /* its parent's main thread will end before the test does */
        close(STDOUT_FILENO);
        start("stays", stays, NULL);
        pthread_exit(NULL);
    }
    start("reads", reads, NULL);
    start("waits", waits, NULL);
    usleep(50000);
    say_ready();
    pthread_exit(NULL);
}
