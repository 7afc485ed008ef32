/* Children, message queues, System V semaphores and locks on files: each with its kind, call and caller.
 *
 * OPTIONS: signal=USR1:at_exit=0
 * BOTH
 * CHECK: leakwatch: 8 threads in {{.*}} on SIGUSR1; 7 blocked, 1 running
 * CHECK-DAG: [child wait, {{[0-9.]+}}s] idle
 * CHECK-DAG: #0 waitpid
 * CHECK-DAG: [message queue receive, {{[0-9.]+}}s]
 * CHECK-DAG: #0 msgrcv
 * CHECK-DAG: #0 mq_receive
 * CHECK-DAG: [semaphore wait, {{[0-9.]+}}s]
 * CHECK-DAG: #0 semop
 * CHECK-DAG: [file lock, {{[0-9.]+}}s]
 * CHECK-DAG: #0 flock
 * CHECK-DAG: #0 lockf
 * CHECK-DAG: [accept, {{[0-9.]+}}s] idle
 * CHECK-DAG: waiting on fd {{[0-9]+}} socket:[{{[0-9]+}}] 127.0.0.1:{{[0-9]+}}{{$}}
 */
#include <fcntl.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t child;
static int queue, semaphores, mine, other, listener;
static mqd_t posix_queue;

static void *for_child(void *unused) {
    return waitpid(child, NULL, 0) < 0 ? unused : NULL;
}

static void *for_message(void *unused) {
    struct {
        long type;
        char text[8];
    } message;
    return msgrcv(queue, &message, sizeof message.text, 0, 0) < 0 ? unused : NULL;
}

static void *for_posix_message(void *unused) {
    char message[64];
    return mq_receive(posix_queue, message, sizeof message, NULL) < 0 ? unused : NULL;
}

static void *for_semaphore(void *unused) {
    struct sembuf down = {.sem_op = -1};
    return semop(semaphores, &down, 1) < 0 ? unused : NULL;
}

static void *for_flock(void *unused) {
    return flock(other, LOCK_EX) < 0 ? unused : NULL;
}
static void *for_lockf(void *unused) {
    return lockf(mine, F_LOCK, 0) < 0 ? unused : NULL;
}
static void *for_client(void *unused) {
    return accept(listener, NULL, NULL) < 0 ? unused : NULL;
}

int main(void) {
    void *(*const routines[])(void *) = {for_child, for_message, for_posix_message, for_semaphore,
                                         for_flock, for_lockf,   for_client};
    char path[] = "/tmp/leakwatch-more-waits-XXXXXX", name[64];
    int ready[2];
    mine = mkstemp(path);
    other = open(path, O_RDWR);
    unlink(path);
    snprintf(name, sizeof name, "/leakwatch-%d", (int)getpid());
    posix_queue = mq_open(name, O_CREAT | O_RDWR, 0600, &(struct mq_attr){.mq_maxmsg = 1, .mq_msgsize = 64});
    mq_unlink(name);
    queue = msgget(IPC_PRIVATE, 0600);
    semaphores = semget(IPC_PRIVATE, 1, 0600);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    if (mine < 0 || other < 0 || posix_queue < 0 || queue < 0 || semaphores < 0 || pipe(ready) != 0 ||
        bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 1) != 0)
        return 77;
    child = fork();
    if (child == 0) {
        /* holds the lock that lockf wants, which is a process's */
        char byte = (char)lockf(mine, F_LOCK, 0);
        if (write(ready[1], &byte, 1) != 1)
            _exit(1);
        pause();
    }
    char byte;
    if (read(ready[0], &byte, 1) != 1 || byte != 0 || flock(mine, LOCK_EX) != 0)
        return 1;
    for (size_t i = 0; i < sizeof routines / sizeof *routines; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, routines[i], NULL) != 0)
            return 2;
    }
    settle();
    raise(SIGUSR1);
    msgctl(queue, IPC_RMID, NULL);
    semctl(semaphores, 0, IPC_RMID);
    kill(child, SIGKILL);
    return 0;
}
