/* A report must not wait for what the program holds: here the locks of its streams, on request and at exit.
 *
 * OPTIONS: signal=USR1:grace=0
 * BOTH
 * CHECK: on SIGUSR1
 * CHECK: [pause, {{[0-9.]+}}s]
 * CHECK: holds_all locked_streams.c:
 * CHECK: 1 leaked thread in {{.*}} at exit
 * CHECK: holds_all locked_streams.c:
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static void *holds_all(void *unused) {
    flockfile(stderr);
    flockfile(stdin);
    pause();
    return unused;
}

int main(void) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, holds_all, NULL) != 0)
        return 1;
    usleep(50000);
    raise(SIGUSR1);
    settle_report();
    _exit(0); /* exit() itself would wait for the streams, without us too */
}
