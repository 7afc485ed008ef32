/* Three replicas are asked over a rendezvous, the first answer is taken: two threads a call stay behind.
 *
 * CHECK: leakwatch: 8 leaked threads in {{.*}} at exit; 9 live
 * CHECK: 8 threads  [cond wait, {{[0-9.]+}}s]
 * CHECK: #0 pthread_cond_wait
 * CHECK-NEXT: #1 queue_send
 * CHECK-NEXT: #2 replica
 * CHECK: waiting on {{.*}}
 * CHECK-NEXT: last signalled at queue_receive queue.h
 * CHECK-NEXT: created by {{.*}} ({{[0-9]+}})
 * CHECK-NEXT: #0 ask_three first_answer_wins.c:{{[0-9]+}}
 * CHECK-NEXT: #1 main
 * CHECK-NOT: {{[0-9]+}} thread
 */
#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#include "queue.h"

static void *replica(void *queue) {
    queue_send(queue, 1);
    return NULL;
}

static __attribute__((noinline)) int ask_three(struct queue *queue) {
    int answer = 0;
    for (int i = 0; i < 3; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, replica, queue);
        pthread_detach(thread);
    }
    queue_receive(queue, &answer);
    return answer;
}

/* Threads of this process, as the kernel counts them. */
static __attribute__((unused)) int live(void) {
    int count = 0;
    DIR *directory = opendir("/proc/self/task");
    for (struct dirent *entry; (entry = readdir(directory));)
        count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

int main(void) {
    for (int call = 0; call < 4; call++) {
#ifdef FIXED
        ask_three(queue_new(3));
#else
        ask_three(queue_new(0));
        for (int patience = 0; live() != 3 + 2 * call && patience < 200; patience++)
            usleep(10000);
        if (live() != 3 + 2 * call)
            return 1;
#endif
    }
    return 0;
}
