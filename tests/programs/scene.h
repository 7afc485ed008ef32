/* A scene for every_wait: what one call is made on. */
#pragma once

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <threads.h>
#include <unistd.h>

/* What one call is made on. Objects lie here and not in globals: many scenes play at the same time. */
struct scene {
    unsigned number;    /* of this scene, among those that had a name to make */
    int fd, other, out; /* the descriptor waited on, the one that wakes, and a second object of some calls */
    const void *object;
    pthread_t thread; /* that waits */
    pthread_t target; /* that is waited for */
    pid_t child;
    mqd_t queue;
    int ipc;
    pthread_mutex_t mutex;
    pthread_rwlock_t rwlock;
    pthread_spinlock_t spin;
    pthread_cond_t cond;
    pthread_barrier_t barrier;
    pthread_once_t once;
    once_flag flag;
    mtx_t mtx;
    cnd_t cnd;
    sem_t sem, release;
    struct aiocb request;
    sigset_t signals, mask;
    uint32_t word;
    struct pollfd pollfd;
    fd_set set;
    struct epoll_event event;
    struct timespec span, until;      /* how long a timed call is to wait, and until when (CLOCK_REALTIME) */
    volatile bool begun;              /* target is there, or about to be as soon as the mutex is free */
    bool locked;                      /* the waiting thread holds mutex or mtx while it waits */
    bool made_queue, made_semaphores; /* ipc is to be removed */
    char buffer[64];
};

struct scenery {
    void (*set_up)(struct scene *);
    void (*wake)(struct scene *);
};

#define MUST(condition)                                         \
    do {                                                        \
        if (!(condition)) {                                     \
            fprintf(stderr, "%s:%d: %m\n", __FILE__, __LINE__); \
            _exit(70);                                          \
        }                                                       \
    } while (0)
