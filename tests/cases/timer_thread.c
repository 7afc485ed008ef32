/* A timer that notifies by a thread (SIGEV_THREAD): libc makes its helper thread and the thread of each expiry without the
 * pthread symbol, but for the helper before glibc 2.34. They are told by the kernel's word, and nothing breaks.
 *
 * OPTIONS: signal=USR1:at_exit=0
 * STDOUT: expired 3 times
 * BOTH
 * CHECK: leakwatch: 3 threads in {{.*}} on SIGUSR1
 * CHECK-DAG: [pipe read, {{[0-9.]+}}s]
 * CHECK-DAG: #1 expires timer_thread.c:
 * CHECK-DAG: {{creator unknown|created by +timer_thread}}
 * CHECK-DAG: [signal wait, about {{[0-9.]+}}s] idle
 */
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static int ends[2];
static sem_t expired;

static void expires(union sigval value) {
    char byte;
    sem_post(&expired);
    if (read(ends[0], &byte, 1) != 1)
        _exit(value.sival_int);
}

int main(void) {
    struct sigevent event = {
        .sigev_notify = SIGEV_THREAD, .sigev_notify_function = expires, .sigev_value = {4}};
    struct itimerspec soon = {.it_value = {0, 10000000}};
    timer_t timer;
    sem_init(&expired, 0, 0);
    if (pipe(ends) != 0 || timer_create(CLOCK_MONOTONIC, &event, &timer) != 0)
        return 1;
    for (int i = 0; i < 3; i++) {
        if (timer_settime(timer, 0, &soon, NULL) != 0)
            return 2;
        while (sem_wait(&expired) != 0)
            ;
        if (i == 2) {
            usleep(50000);
            raise(SIGUSR1);
            usleep(50000);
        }
        if (write(ends[1], "x", 1) != 1)
            return 3;
    }
    printf("expired 3 times");
    return 0;
}
