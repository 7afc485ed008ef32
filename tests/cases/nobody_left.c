/* Main and its only worker wait for each other's queue: nobody is left to wake either.
 *
 * BOTH
 * EXIT: -15
 * CHECK: leakwatch: 2 threads in {{.*}} on SIGTERM; 2 blocked, 1 deadlock
 * CHECK-DAG: 1 thread [cond wait, {{[0-9.]+}}s] deadlock: {{.*}}all threads are asleep
 * CHECK: deadlock 1: all threads are asleep, and only they could wake each other
 * CHECK-DAG: nobody_left ({{[0-9]+}}) waits in cond wait for 0x
 * CHECK-DAG: worker ({{[0-9]+}}) waits in cond wait for 0x
 * CHECK-DAG: at queue_receive queue.h
 * JSON: 2 cond wait deadlock; all asleep
 */
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "queue.h"

static struct queue *requests, *answers;

static void *works(void *unused) {
    int request;
    while (queue_receive(requests, &request))
        queue_send(answers, request + 1);
    return unused;
}

int main(void) {
    pthread_t worker;
    int answer;
    requests = queue_new(1);
    answers = queue_new(1);
    pthread_create(&worker, NULL, works, NULL);
    pthread_setname_np(worker, "worker");
    pid_t parent = getpid();
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        settle_process(parent);
        kill(parent, SIGTERM);
        sleep(100); /* SIGCHLD would wake a thread while the report is made */
        _exit(0);
    }
    /* it forgot to ask */
    queue_receive(answers, &answer);
    return 0;
}
