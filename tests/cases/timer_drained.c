/* A keep-alive thread disarms its timer, then reads it, as if it must have fired.
 *
 * CHECK: leakwatch: 2 leaked threads in {{.*}} at exit; 3 live{{$}}
 * CHECK-DAG: 1 thread [timerfd read, {{[0-9.]+}}s] suspect: the timer is disarmed
 * CHECK-DAG: #1 keeps_alive timer_drained.c
 * CHECK-DAG: 1 thread [timerfd read, {{[0-9.]+}}s] idle: the timer fires in 99{{[0-9]}}.{{[0-9]}}s
 * JSON: 1 timerfd read idle, 1 timerfd read suspect;
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/timerfd.h>
#include <unistd.h>

static int timer, other;

static void *keeps_alive(void *unused) {
    struct itimerspec off = {0}, was;
    uint64_t ticks;
    timerfd_settime(timer, 0, &off, &was);
#ifdef FIXED
    bool fired = was.it_value.tv_sec == 0 && was.it_value.tv_nsec == 0;
    if (!fired)
        return unused;
#endif
    return read(timer, &ticks, sizeof ticks) == sizeof ticks ? NULL : unused;
}

static void *waits(void *unused) {
    uint64_t ticks;
    return read(other, &ticks, sizeof ticks) == sizeof ticks ? NULL : unused;
}

int main(void) {
    pthread_t thread[2];
#ifdef FIXED
    struct itimerspec soon = {.it_value = {.tv_nsec = 1000}};
#else
    struct itimerspec soon = {.it_value = {.tv_sec = 1000}};
#endif
    timer = timerfd_create(CLOCK_MONOTONIC, 0);
    other = timerfd_create(CLOCK_MONOTONIC, 0);
    timerfd_settime(timer, 0, &(struct itimerspec){.it_value = {.tv_sec = 1000}}, NULL);
    timerfd_settime(other, 0, &soon, NULL);
    pthread_create(&thread[0], NULL, keeps_alive, NULL);
    pthread_create(&thread[1], NULL, waits, NULL);
    pthread_detach(thread[0]);
    pthread_detach(thread[1]);
    settle();
    return 0;
}
