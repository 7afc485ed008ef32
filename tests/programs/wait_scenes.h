/* Scenes for every_wait: what must be set up so that a call blocks, and what wakes it. Here signals, children, queues and files. */
#pragma once

#include "descriptor_scenes.h"
#include "lock_scenes.h"

static void set_up_nothing(struct scene *s) {
    (void)s;
}
static void wake_by_signal(struct scene *s) {
    pthread_kill(s->thread, SIGUSR2);
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
