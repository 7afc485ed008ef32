/* A handler that waits while the thread it interrupted waits: the inner wait is told while it lasts, with the whole
 * stack beneath it, and then the outer one again.
 *
 * OPTIONS: signal=USR1:at_exit=0
 * BOTH
 * CHECK: on SIGUSR1
 * CHECK: [pipe read, {{[0-9.]+}}s]
 * CHECK: #0 read
 * CHECK: #1 on_signal nested_waits.c:
 * CHECK: waits nested_waits.c:
 * CHECK: on SIGUSR1
 * CHECK-NOT: pipe read
 * CHECK: [semaphore wait, {{[0-9.]+}}s]
 * CHECK: #0 sem_wait
 * CHECK: #1 waits nested_waits.c:
 */
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <unistd.h>

static sem_t never;
static int ends[2];

static void on_signal(int signal) {
    char byte = (char)signal;
    if (read(ends[0], &byte, 1) != 1)
        _exit(3);
}

static void *waits(void *unused) {
    while (sem_wait(&never) == 0)
        ;
    return unused;
}

int main(void) {
    pthread_t thread;
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sem_init(&never, 0, 0);
    if (pipe(ends) != 0 || sigaction(SIGUSR2, &action, NULL) != 0 ||
        pthread_create(&thread, NULL, waits, NULL) != 0)
        return 1;
    settle();
    pthread_kill(thread, SIGUSR2);
    settle();
    raise(SIGUSR1);
    settle_report();
    if (write(ends[1], "x", 1) != 1)
        return 2;
    settle();
    raise(SIGUSR1);
    return 0;
}
