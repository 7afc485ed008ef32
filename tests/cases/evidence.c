/* What is known of objects that nobody will see to: who was there, who posted or wrote last, who else has them.
 *
 * CHECK: leakwatch: 6 leaked threads in {{.*}} at exit; 7 live{{$}}
 * CHECK-DAG: 2 threads [barrier wait, {{[0-9.]+}}s] suspect: 2 of 3 threads have reached the barrier
 * CHECK-DAG: [semaphore wait, {{[0-9.]+}}s] suspect: last posted {{[0-9.]+}}s ago by evidence ({{[0-9]+}})
 * CHECK-DAG: last posted at main evidence.c:{{[0-9]+$}}
 * CHECK-DAG: [semaphore wait, {{[0-9.]+}}s] suspect: it may be shared with other processes; this semaphore was never posted by this process
 * CHECK-DAG: [eventfd read, {{[0-9.]+}}s] suspect: last written through fd {{[0-9]+ [0-9.]+}}s ago by evidence ({{[0-9]+}})
 * CHECK-DAG: [pipe read, {{[0-9.]+}}s] idle: evidence ({{[0-9]+}}) has a write end
 * CHECK-NOT: deadlock
 */
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_barrier_t barrier;
static sem_t own, shared;
static int event, ends[2];

static void *meets(void *unused) {
    pthread_barrier_wait(&barrier);
    return unused;
}
static void *takes_two(void *unused) {
    sem_wait(&own);
    sem_wait(&own);
    return unused;
}
static void *takes_shared(void *unused) {
    sem_wait(&shared);
    return unused;
}
static void *reads_event(void *unused) {
    uint64_t count;
    while (read(event, &count, sizeof count) == sizeof count && count < 2)
        ;
    return unused;
}
static void *reads_pipe(void *unused) {
    char byte;
    return read(ends[0], &byte, 1) == 1 ? NULL : unused;
}

int main(void) {
    void *(*const routines[])(void *) = {meets, meets, takes_two, takes_shared, reads_event, reads_pipe};
    pthread_t thread[6];
    uint64_t one = 1;
    event = eventfd(0, 0);
    if (pipe(ends) != 0)
        return 1;
    sem_init(&own, 0, 0);
    sem_init(&shared, 1, 0);
#ifdef FIXED
    one = 2;
    sem_post(&own);
    sem_post(&shared);
    if (write(ends[1], "x", 1) != 1)
        return 1;
    pthread_barrier_init(&barrier, NULL, 2);
#else
    pthread_barrier_init(&barrier, NULL, 3);
#endif
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            pause();
    }
    for (int i = 0; i < 6; i++) {
        pthread_create(&thread[i], NULL, routines[i], NULL);
        pthread_detach(thread[i]);
    }
    settle();
    sem_post(&own);
    if (write(event, &one, sizeof one) != sizeof one)
        return 1;
    close(ends[1]);
    settle();
#ifdef FIXED
    kill(child, SIGKILL);
#endif
    return 0;
}
