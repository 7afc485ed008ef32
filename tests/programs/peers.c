/* peers SCENARIO: all threads come to rest, one in a wait for a message through a socket or a queue, says "ready", and stays there. The
 * tests ask whether anybody but this process could send one. */
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "scenarios.h"

static int pair[2], end = -1, number;
static mqd_t queue;
static sem_t never;

static void must(int done) {
    if (!done)
        exit(3);
}

static void *receives(void *unused) {
    char byte;
    must(recv(end, &byte, 1, 0) > 0);
    return unused;
}
static void *reads(void *unused) {
    char byte;
    must(read(end, &byte, 1) > 0);
    return unused;
}
static void *receives_message(void *unused) {
    char byte;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    must(recvmsg(end, &message, 0) > 0);
    return unused;
}
static void *sends(void *unused) {
    static char bytes[1 << 16];
    while (send(end, bytes, sizeof bytes, 0) > 0)
        ;
    exit(3);
    return unused;
}
static void *accepts(void *unused) {
    must(accept(end, NULL, NULL) >= 0);
    return unused;
}
static void *polls(void *unused) {
    struct pollfd one = {.fd = end, .events = POLLIN};
    must(poll(&one, 1, -1) > 0);
    return unused;
}
static void *takes_from_queue(void *unused) {
    char message[64];
    must(mq_receive(queue, message, sizeof message, NULL) >= 0);
    return unused;
}
static void *puts_into_queue(void *unused) {
    while (mq_send(queue, "x", 1, 0) == 0)
        ;
    exit(3);
    return unused;
}
static void *takes_from_old_queue(void *unused) {
    struct {
        long type;
        char words[16];
    } message;
    must(msgrcv(number, &message, sizeof message.words, 0, 0) >= 0);
    return unused;
}
static void *wants_old_semaphore(void *unused) {
    struct sembuf down = {.sem_op = -1};
    must(semop(number, &down, 1) == 0);
    return unused;
}
static void *waits_for_post(void *unused) {
    sem_wait(&never);
    return unused;
}

/* Another thread than main waits so, or main does, to which the signal comes. */
static void other_rests_in(void *(*waits)(void *)) {
    start("two", waits, NULL);
    settle_all();
    say_ready();
    sem_wait(&never);
}
static void main_rests_in(void *(*waits)(void *)) {
    start("two", waits_for_post, NULL);
    settle_all();
    say_ready();
    waits(NULL);
}

static void make_pair(int type) {
    must(socketpair(AF_UNIX, type, 0, pair) == 0);
    end = pair[0];
}

static void receives_from_pair(void) {
    make_pair(SOCK_STREAM);
    other_rests_in(receives);
}
static void reads_from_pair(void) {
    make_pair(SOCK_STREAM);
    other_rests_in(reads);
}
static void receives_packets(void) {
    make_pair(SOCK_SEQPACKET);
    other_rests_in(receives_message);
}
static void receives_datagrams(void) {
    make_pair(SOCK_DGRAM);
    other_rests_in(receives);
}
static void receives_from_a_child(void) {
    make_pair(SOCK_STREAM);
    leave_to_child(pair[1]);
    other_rests_in(receives);
}
static void receives_datagrams_from_a_child(void) {
    make_pair(SOCK_DGRAM);
    leave_to_child(pair[1]);
    other_rests_in(receives);
}
/* A datagram socket without a peer has a name of the kernel's, once it is asked for, to which who will may send. */
static void receives_datagrams_of_anybody(void) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    end = socket(AF_UNIX, SOCK_DGRAM, 0);
    must(bind(end, (struct sockaddr *)&name, sizeof name.sun_family) == 0);
    other_rests_in(receives);
}
static void polls_datagrams(void) {
    make_pair(SOCK_DGRAM);
    other_rests_in(polls);
}
static void sends_to_pair(void) {
    make_pair(SOCK_STREAM);
    other_rests_in(sends);
}
static void sends_to_a_child(void) {
    make_pair(SOCK_STREAM);
    leave_to_child(pair[1]);
    other_rests_in(sends);
}
static void set_limit(int seconds) {
    struct timeval limit = {.tv_sec = seconds};
    must(setsockopt(end, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
}
static void receives_for_a_time(void) {
    make_pair(SOCK_STREAM);
    set_limit(1000);
    other_rests_in(receives);
}
/* The wait has the limit that there was when it began. */
static void receives_for_a_time_that_is_over(void) {
    make_pair(SOCK_STREAM);
    set_limit(1000);
    start("two", receives, NULL);
    settle();
    set_limit(0);
    settle_all();
    say_ready();
    sem_wait(&never);
}
static void receives_after_a_limit(void) {
    make_pair(SOCK_STREAM);
    set_limit(1000);
    set_limit(0);
    usleep(100000);
    other_rests_in(receives);
}
static void receives_for_a_time_unseen(void) {
    struct timeval limit = {.tv_sec = 1000}, none = {0};
    make_pair(SOCK_STREAM);
    must(syscall(SYS_setsockopt, end, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
    start("two", receives, NULL);
    settle();
    must(syscall(SYS_setsockopt, end, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof none) == 0);
    settle_all();
    say_ready();
    sem_wait(&never);
}
static void main_receives(void) {
    make_pair(SOCK_STREAM);
    main_rests_in(receives);
}
static void main_receives_from_a_child(void) {
    make_pair(SOCK_STREAM);
    leave_to_child(pair[1]);
    main_rests_in(receives);
}

/* A socket that listens, in the abstract namespace, by a name that the kernel chooses. */
static int listener(struct sockaddr_un *name, socklen_t *size) {
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    *name = (struct sockaddr_un){.sun_family = AF_UNIX};
    *size = sizeof *name;
    must(bind(fd, (struct sockaddr *)name, sizeof name->sun_family) == 0 && listen(fd, 5) == 0 &&
         getsockname(fd, (struct sockaddr *)name, size) == 0);
    return fd;
}
static void connects_to_itself(void) {
    struct sockaddr_un name;
    socklen_t size;
    int fd = listener(&name, &size), other = socket(AF_UNIX, SOCK_STREAM, 0);
    must(connect(other, (struct sockaddr *)&name, size) == 0 && (end = accept(fd, NULL, NULL)) >= 0);
    other_rests_in(receives);
}
/* Nobody has accepted it: who has the other end, if anybody will, is not known. */
static void connects_to_nobody_yet(void) {
    struct sockaddr_un name;
    socklen_t size;
    listener(&name, &size);
    end = socket(AF_UNIX, SOCK_STREAM, 0);
    must(connect(end, (struct sockaddr *)&name, size) == 0);
    other_rests_in(receives);
}
static void accepts_who_connects(void) {
    struct sockaddr_un name;
    socklen_t size;
    end = listener(&name, &size);
    other_rests_in(accepts);
}

static void make_queue(int unlinks) {
    char name[32];
    struct mq_attr attr = {.mq_maxmsg = 2, .mq_msgsize = 64};
    snprintf(name, sizeof name, "/peers.%d", (int)getpid());
    queue = mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0600, &attr);
    must(queue >= 0);
    if (unlinks)
        mq_unlink(name);
}
static void queue_without_name(void) {
    make_queue(1);
    other_rests_in(takes_from_queue);
}
static void full_queue_without_name(void) {
    make_queue(1);
    other_rests_in(puts_into_queue);
}
static void queue_of_a_child(void) {
    make_queue(1);
    leave_to_child(queue);
    other_rests_in(takes_from_queue);
}
static void main_at_queue_without_name(void) {
    make_queue(1);
    main_rests_in(takes_from_queue);
}
static void main_at_full_queue_without_name(void) {
    make_queue(1);
    main_rests_in(puts_into_queue);
}
/* The name is taken away by a child once all has been seen: it outlives this process. */
static void queue_with_name(void) {
    int parent = (int)getpid();
    make_queue(0);
    if (fork() == 0) {
        char name[32];
        mq_close(queue);
        setsid();
        snprintf(name, sizeof name, "/peers.%d", parent);
        while (getppid() == parent)
            usleep(10000);
        mq_unlink(name);
        _exit(0);
    }
    settle();
    other_rests_in(takes_from_queue);
}

/* Taken away when this process ends: by a child, as above. */
static void remove_after(int is_queue) {
    int parent = (int)getpid();
    if (fork() != 0)
        return;
    setsid();
    while (getppid() == parent)
        usleep(10000);
    if (is_queue)
        msgctl(number, IPC_RMID, NULL);
    else
        semctl(number, 0, IPC_RMID);
    _exit(0);
}
static void old_queue(void) {
    must((number = msgget(IPC_PRIVATE, 0600)) >= 0);
    remove_after(1);
    other_rests_in(takes_from_old_queue);
}
static void old_semaphore(void) {
    must((number = semget(IPC_PRIVATE, 1, 0600)) >= 0);
    remove_after(0);
    other_rests_in(wants_old_semaphore);
}

/* A token goes round, main included: nearly always all sleep but one, and who sleeps changes all the time. */
enum { RING = 3 };
static int ring[RING][2];
static void *passes(void *first) {
    char byte;
    for (int self = (int)(long)first;;) {
        struct pollfd mine = {.fd = ring[self][0], .events = POLLIN};
        fd_set reads;
        FD_ZERO(&reads);
        FD_SET(mine.fd, &reads);
        if (self == 1)
            must(poll(&mine, 1, -1) == 1);
        else if (self == 2)
            must(select(mine.fd + 1, &reads, NULL, NULL, NULL) == 1);
        must(recv(mine.fd, &byte, 1, 0) == 1 && send(ring[(self + 1) % RING][1], &byte, 1, 0) == 1);
    }
    return NULL;
}
static void token(void) {
    for (int i = 0; i < RING; i++)
        must(socketpair(AF_UNIX, SOCK_STREAM, 0, ring[i]) == 0);
    must(send(ring[1][1], "x", 1, 0) == 1);
    for (long i = 1; i < RING; i++)
        start("one", passes, (void *)i);
    say_ready();
    passes((void *)0);
}

/* clang-format off */
#define SCENARIOS(X) \
    X(receives_from_pair) X(reads_from_pair) X(receives_packets) X(receives_datagrams) X(receives_from_a_child) \
    X(receives_datagrams_from_a_child) X(receives_datagrams_of_anybody) X(polls_datagrams) X(sends_to_pair) X(sends_to_a_child) \
    X(receives_for_a_time) X(receives_for_a_time_that_is_over) X(receives_after_a_limit) X(receives_for_a_time_unseen) \
    X(main_receives) X(main_receives_from_a_child) X(connects_to_itself) X(connects_to_nobody_yet) X(accepts_who_connects) \
    X(queue_without_name) X(full_queue_without_name) X(queue_of_a_child) X(main_at_queue_without_name) X(main_at_full_queue_without_name) \
    X(queue_with_name) X(old_queue) X(old_semaphore) X(token)
/* clang-format on */

int main(int count, char **arguments) {
    static const struct scenario scenarios[] = {
#define X(name) {#name, name},
        SCENARIOS(X){NULL, NULL},
#undef X
    };
    sem_init(&never, 0, 0);
    const struct scenario *const list = scenarios;
    return play_one(&list, 1, count, arguments);
}
