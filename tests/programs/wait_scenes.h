/* Scenes for every_wait: what must be set up so that a call blocks, and what wakes it. */
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

static void fill(int fd) {
    char block[4096] = {0};
    int flags = fcntl(fd, F_GETFL);
    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    while (write(fd, block, sizeof block) > 0)
        ;
    while (write(fd, block, 1) > 0)
        ;
    fcntl(fd, F_SETFL, flags);
}
static void drain(int fd) {
    char block[65536];
    int flags = fcntl(fd, F_GETFL);
    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    while (read(fd, block, sizeof block) > 0)
        ;
    fcntl(fd, F_SETFL, flags);
}

static void await_begun(const struct scene *s) {
    while (!s->begun)
        usleep(1000);
}

static void set_up_nothing(struct scene *s) {
    (void)s;
}
static void wake_by_signal(struct scene *s) {
    pthread_kill(s->thread, SIGUSR2);
}

static void set_up_empty_pipe(struct scene *s) {
    int ends[2];
    MUST(pipe(ends) == 0);
    s->fd = ends[0], s->other = ends[1];
    s->pollfd = (struct pollfd){.fd = s->fd, .events = POLLIN};
    FD_ZERO(&s->set);
    FD_SET(s->fd % FD_SETSIZE, &s->set);
}
static void wake_by_byte(struct scene *s) {
    MUST(write(s->other, "x", 1) == 1);
}
static void set_up_full_pipe(struct scene *s) {
    int ends[2];
    MUST(pipe(ends) == 0);
    s->fd = ends[1], s->other = ends[0];
    fill(s->fd);
    s->out = open("/proc/self/exe", O_RDONLY); /* something to send */
}
static void wake_by_reading(struct scene *s) {
    drain(s->other);
}
static void set_up_two_pipes(struct scene *s) {
    int ends[2];
    set_up_empty_pipe(s);
    MUST(pipe(ends) == 0);
    s->out = ends[1];
}
static void set_up_empty_socket(struct scene *s) {
    int ends[2];
    MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    s->fd = ends[0], s->other = ends[1];
}
static void set_up_full_socket(struct scene *s) {
    set_up_empty_socket(s);
    fill(s->fd);
    s->out = open("/proc/self/exe", O_RDONLY);
}

static struct sockaddr_un address_of(const struct scene *s) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "leakwatch-%d-%u", getpid(), s->number);
    return address;
}
static int unix_socket(void) {
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    MUST(fd >= 0);
    return fd;
}
static void set_up_listener(struct scene *s) {
    static unsigned numbers;
    s->number = ++numbers;
    struct sockaddr_un address = address_of(s);
    s->fd = unix_socket();
    MUST(bind(s->fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(s->fd, 0) == 0);
}
static void wake_by_connecting(struct scene *s) {
    struct sockaddr_un address = address_of(s);
    MUST(connect(unix_socket(), (struct sockaddr *)&address, sizeof address) == 0);
}
/* A listener whose backlog is full holds up who connects. */
static void set_up_full_listener(struct scene *s) {
    set_up_listener(s);
    s->other = s->fd;
    wake_by_connecting(s);
    s->fd = unix_socket();
}
static void wake_by_accepting(struct scene *s) {
    MUST(accept(s->other, NULL, NULL) >= 0);
}
static int connect_to(struct scene *s) {
    struct sockaddr_un address = address_of(s);
    return connect(s->fd, (struct sockaddr *)&address, sizeof address);
}
static int connect_by_alias(struct scene *s) {
    extern int __connect(int, const struct sockaddr *, socklen_t);
    struct sockaddr_un address = address_of(s);
    return __connect(s->fd, (struct sockaddr *)&address, sizeof address);
}

static void set_up_epoll(struct scene *s) {
    set_up_empty_pipe(s);
    int set = epoll_create1(0);
    MUST(epoll_ctl(set, EPOLL_CTL_ADD, s->fd, &(struct epoll_event){.events = EPOLLIN}) == 0);
    s->fd = set;
}

static void set_up_mutex(struct scene *s) {
    pthread_mutex_init(&s->mutex, NULL);
    pthread_mutex_lock(&s->mutex);
    s->object = &s->mutex;
}
static void wake_by_unlocking(struct scene *s) {
    pthread_mutex_unlock(&s->mutex);
}
static void set_up_mtx(struct scene *s) {
    mtx_init(&s->mtx, mtx_timed);
    mtx_lock(&s->mtx);
    s->object = &s->mtx;
}
static void wake_by_mtx_unlock(struct scene *s) {
    mtx_unlock(&s->mtx);
}
static void set_up_rwlock(struct scene *s) {
    pthread_rwlock_init(&s->rwlock, NULL);
    pthread_rwlock_wrlock(&s->rwlock);
    s->object = &s->rwlock;
}
static void wake_by_rwlock_unlock(struct scene *s) {
    pthread_rwlock_unlock(&s->rwlock);
}
static void set_up_spin(struct scene *s) {
    pthread_spin_init(&s->spin, PTHREAD_PROCESS_PRIVATE);
    pthread_spin_lock(&s->spin);
    s->object = (const void *)&s->spin;
}
static void wake_by_spin_unlock(struct scene *s) {
    pthread_spin_unlock(&s->spin);
}
static void set_up_cond(struct scene *s) {
    pthread_mutex_init(&s->mutex, NULL);
    pthread_cond_init(&s->cond, NULL);
    s->object = &s->cond;
}
static void wake_by_cond(struct scene *s) {
    pthread_mutex_lock(&s->mutex);
    pthread_cond_signal(&s->cond);
    pthread_mutex_unlock(&s->mutex);
}
static void set_up_cnd(struct scene *s) {
    mtx_init(&s->mtx, mtx_plain);
    cnd_init(&s->cnd);
    s->object = &s->cnd;
}
static void wake_by_cnd(struct scene *s) {
    mtx_lock(&s->mtx);
    cnd_signal(&s->cnd);
    mtx_unlock(&s->mtx);
}
/* A condition that is waited for cannot be destroyed yet. */
static void *waits_for_cond(void *argument) {
    struct scene *s = argument;
    pthread_mutex_lock(&s->mutex);
    s->begun = true;
    pthread_cond_wait(&s->cond, &s->mutex);
    pthread_mutex_unlock(&s->mutex);
    return NULL;
}
static void set_up_waited_cond(struct scene *s) {
    set_up_cond(s);
    MUST(pthread_create(&s->target, NULL, waits_for_cond, s) == 0);
    await_begun(s);
    pthread_mutex_lock(&s->mutex);
    pthread_mutex_unlock(&s->mutex);
}
static void wake_by_cond_broadcast(struct scene *s) {
    pthread_cond_broadcast(&s->cond);
}
static int waits_for_cnd(void *argument) {
    struct scene *s = argument;
    mtx_lock(&s->mtx);
    s->begun = true;
    cnd_wait(&s->cnd, &s->mtx);
    mtx_unlock(&s->mtx);
    return 0;
}
static void set_up_waited_cnd(struct scene *s) {
    set_up_cnd(s);
    MUST(thrd_create(&s->target, waits_for_cnd, s) == thrd_success);
    await_begun(s);
    mtx_lock(&s->mtx);
    mtx_unlock(&s->mtx);
}
static void wake_by_cnd_broadcast(struct scene *s) {
    cnd_broadcast(&s->cnd);
}
static void set_up_sem(struct scene *s) {
    sem_init(&s->sem, 0, 0);
    s->object = &s->sem;
}
static void wake_by_post(struct scene *s) {
    sem_post(&s->sem);
}
static void set_up_barrier(struct scene *s) {
    pthread_barrier_init(&s->barrier, NULL, 2);
    s->object = &s->barrier;
}
static void wake_by_arriving(struct scene *s) {
    pthread_barrier_wait(&s->barrier);
}

/* A thread that lives until it is released: to be joined, or in the middle of a once routine. */
static _Thread_local struct scene *initialising;
static void routine_of_once(void) {
    initialising->begun = true;
    while (sem_wait(&initialising->release) != 0)
        ;
}
static void *lives(void *argument) {
    initialising = argument;
    routine_of_once();
    return NULL;
}
static int lives_c11(void *argument) {
    lives(argument);
    return 5;
}
static void *initialises(void *argument) {
    struct scene *s = initialising = argument;
    pthread_once(&s->once, routine_of_once);
    return NULL;
}
static void *initialises_c11(void *argument) {
    struct scene *s = initialising = argument;
    call_once(&s->flag, routine_of_once);
    return NULL;
}
static void set_up_joined(struct scene *s) {
    sem_init(&s->release, 0, 0);
    MUST(pthread_create(&s->target, NULL, lives, s) == 0);
}
static void set_up_joined_c11(struct scene *s) {
    sem_init(&s->release, 0, 0);
    MUST(thrd_create(&s->target, lives_c11, s) == thrd_success);
}
static void set_up_once(struct scene *s) {
    sem_init(&s->release, 0, 0);
    s->object = &s->once;
    MUST(pthread_create(&s->target, NULL, initialises, s) == 0);
    await_begun(s);
}
static void set_up_call_once(struct scene *s) {
    sem_init(&s->release, 0, 0);
    s->object = &s->flag;
    MUST(pthread_create(&s->target, NULL, initialises_c11, s) == 0);
    await_begun(s);
}
static void wake_by_release(struct scene *s) {
    sem_post(&s->release);
}

enum { AWAITED = 40 }; /* the signal that is waited for, blocked in every thread */
static void set_up_signals(struct scene *s) {
    sigemptyset(&s->signals);
    sigaddset(&s->signals, AWAITED);
    pthread_sigmask(SIG_SETMASK, NULL, &s->mask);
}
static void wake_by_awaited(struct scene *s) {
    pthread_kill(s->thread, AWAITED);
}

/* A child that lives until its pipe is written to. */
static void set_up_child(struct scene *s) {
    set_up_empty_pipe(s);
    s->child = fork();
    MUST(s->child >= 0);
    if (s->child == 0) {
        char byte;
        _exit(read(s->fd, &byte, 1) == 1 ? 3 : 4);
    }
}

static void set_up_message_queue(struct scene *s) {
    s->ipc = msgget(IPC_PRIVATE, 0600);
    MUST(s->ipc >= 0);
    s->made_queue = true;
}
struct message {
    long type;
    char text[8];
};
static void wake_by_message(struct scene *s) {
    MUST(msgsnd(s->ipc, &(struct message){.type = 1}, 1, 0) == 0);
}
static void set_up_full_message_queue(struct scene *s) {
    set_up_message_queue(s);
    while (msgsnd(s->ipc, &(struct message){.type = 1}, 8, IPC_NOWAIT) == 0)
        ;
}
static void wake_by_taking_messages(struct scene *s) {
    struct message message;
    while (msgrcv(s->ipc, &message, 8, 0, IPC_NOWAIT) >= 0)
        ;
}
static void set_up_ipc_semaphore(struct scene *s) {
    s->ipc = semget(IPC_PRIVATE, 1, 0600);
    MUST(s->ipc >= 0);
    s->made_semaphores = true;
}
static void wake_by_ipc_post(struct scene *s) {
    MUST(semop(s->ipc, &(struct sembuf){.sem_op = 1}, 1) == 0);
}
static void set_up_posix_queue(struct scene *s) {
    char name[64];
    snprintf(name, sizeof name, "/leakwatch-%d-%p", getpid(), (void *)s);
    s->queue = mq_open(name, O_CREAT | O_RDWR, 0600,
                       &(struct mq_attr){.mq_maxmsg = 1, .mq_msgsize = sizeof s->buffer});
    MUST(s->queue >= 0);
    mq_unlink(name);
    s->fd = s->queue;
}
static void wake_by_posix_message(struct scene *s) {
    MUST(mq_send(s->queue, "x", 1, 0) == 0);
}
static void set_up_full_posix_queue(struct scene *s) {
    set_up_posix_queue(s);
    wake_by_posix_message(s);
}
static void wake_by_taking_posix_message(struct scene *s) {
    char message[sizeof s->buffer];
    MUST(mq_receive(s->queue, message, sizeof message, NULL) == 1);
}

static void set_up_file(struct scene *s) {
    char path[] = "/tmp/leakwatch-wait-XXXXXX";
    s->fd = mkstemp(path);
    s->other = open(path, O_RDWR);
    MUST(s->fd >= 0 && s->other >= 0);
    unlink(path);
}
static void set_up_flocked(struct scene *s) {
    set_up_file(s);
    MUST(flock(s->other, LOCK_EX) == 0);
}
static void wake_by_flock(struct scene *s) {
    flock(s->other, LOCK_UN);
}
static struct flock whole(short type) {
    return (struct flock){.l_type = type, .l_whence = SEEK_SET};
}
static void set_up_ofd_locked(struct scene *s) {
    struct flock lock = whole(F_WRLCK);
    set_up_file(s);
    MUST(fcntl(s->other, F_OFD_SETLK, &lock) == 0);
}
static void wake_by_ofd_unlock(struct scene *s) {
    struct flock lock = whole(F_UNLCK);
    fcntl(s->other, F_OFD_SETLK, &lock);
}
/* A lock of lockf belongs to a process: a child holds it. */
static void set_up_child_locked(struct scene *s) {
    int ready[2];
    set_up_file(s);
    MUST(pipe(ready) == 0);
    s->child = fork();
    if (s->child == 0) {
        struct flock lock = whole(F_WRLCK);
        char byte = (char)fcntl(s->fd, F_SETLK, &lock);
        if (write(ready[1], &byte, 1) == 1)
            pause();
        _exit(1);
    }
    char byte;
    MUST(s->child > 0 && read(ready[0], &byte, 1) == 1 && byte == 0);
}
static void wake_by_killing(struct scene *s) {
    kill(s->child, SIGKILL);
    waitpid(s->child, NULL, 0);
}

static void set_up_aio(struct scene *s) {
    set_up_empty_pipe(s);
    s->request = (struct aiocb){.aio_fildes = s->fd, .aio_buf = s->buffer, .aio_nbytes = 1};
    MUST(aio_read(&s->request) == 0);
}

static void set_up_word(struct scene *s) {
    s->object = &s->word;
}
static void wake_by_futex(struct scene *s) {
    s->word = 1;
    syscall(SYS_futex, &s->word, FUTEX_WAKE_PRIVATE, 1);
}
