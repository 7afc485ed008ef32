/* Main waits for five workers to count down; one returns early without. Told by SIGTERM; by `stall` in tool_tests.
 *
 * EXIT: -15
 * CHECK: leakwatch: 1 thread in {{.*}} on SIGTERM; 1 blocked, 1 deadlock
 * CHECK: 1 thread [cond wait, {{[0-9.]+}}s] deadlock: last signalled {{[0-9.]+}}s ago by {{.*}} ({{[0-9]+}}), which has ended;{{.*}} all threads are asleep
 * CHECK: #1 wait_group_wait short_wait_group.c
 * CHECK-NEXT: #2 main short_wait_group.c
 * CHECK: last signalled at works short_wait_group.c
 * CHECK: deadlock 1: the only thread is asleep
 * JSON: 1 cond wait deadlock; all asleep
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t zero;
    int count;
} group = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 5};

static __attribute__((noinline)) void wait_group_wait(void) {
    pthread_mutex_lock(&group.mutex);
    while (group.count > 0)
        pthread_cond_wait(&group.zero, &group.mutex);
    pthread_mutex_unlock(&group.mutex);
}

static void *works(void *number) {
#ifndef FIXED
    if (number)
        return NULL; /* nothing to do: and nothing counted */
#endif
    usleep(50000);
    pthread_mutex_lock(&group.mutex);
    group.count--;
    pthread_cond_signal(&group.zero);
    pthread_mutex_unlock(&group.mutex);
    return number;
}

int main(void) {
    pthread_t thread[5];
    for (int i = 0; i < 5; i++) {
        pthread_create(&thread[i], NULL, works, i == 3 ? &group : NULL);
        pthread_detach(thread[i]);
    }
#ifndef FIXED
    pid_t parent = getpid();
    if (getenv("NO_RUNNER") == NULL && fork() == 0) {
        usleep(300000);
        kill(parent, SIGTERM);
        _exit(0);
    }
#endif
    wait_group_wait();
    return 0;
}
