/* A thread that looks every few ms whether something has come, one that does so in two places, and one that sleeps for long.
 *
 * OPTIONS: at_exit=0:signal=USR1
 * BOTH
 * NEEDS: its own processor, on which a report takes less time than a nap
 * CHECK: leakwatch: 4 threads in {{.*}} on SIGUSR1
 * CHECK-DAG: [sleep, {{[0-9.]+}}s of 0.0s]  idle: polling: wakes {{[0-9]+}} times a second, from the same place in each of {{[0-9]+}} looks
 * CHECK-DAG: #1 looks naps.c
 * CHECK-DAG: idle: polling: wakes {{[0-9]+}} times a second, from several places
 * CHECK-DAG: [sleep, {{[0-9.]+}}s of 1000.0s]  idle{{$}}
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

static atomic_int come;

static void *looks(void *unused) {
    while (!come)
        usleep(20000);
    return unused;
}

static __attribute__((noinline)) void here(void) {
    usleep(15000);
    __asm__ volatile("");
}

static __attribute__((noinline)) void there(void) {
    usleep(15000);
    __asm__ volatile("");
}

static void *looks_twice(void *unused) {
    while (!come) {
        here();
        there();
    }
    return unused;
}

static void *sleeps(void *unused) {
    nanosleep(&(struct timespec){.tv_sec = 1000}, NULL);
    return unused;
}

int main(void) {
    pthread_t naps, twice, sleeper;
    pthread_create(&naps, NULL, looks, NULL);
    pthread_create(&twice, NULL, looks_twice, NULL);
    pthread_create(&sleeper, NULL, sleeps, NULL);
    usleep(110000); /* amid a nap */
    kill(getpid(), SIGUSR1);
    usleep(1000000); /* it is looked at after the report has been asked for */
    come = 1;
    pthread_join(naps, NULL);
    pthread_join(twice, NULL);
    return 0;
}
