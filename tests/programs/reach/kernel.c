/* Places in the kernel: what it will hand back. */
#include <fcntl.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>

#include "places.h"

static int carrier[2];
static void hide_in_a_pipe(struct box *box) {
    if (pipe(carrier) != 0 || write(carrier[1], &box, sizeof box) != sizeof box)
        exit(3);
}
static void hide_in_a_socket(struct box *box) {
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, carrier) != 0 ||
        write(carrier[1], &box, sizeof box) != sizeof box)
        exit(3);
}
static struct box *from_the_carrier(void) {
    struct box *box;
    return read(carrier[0], &box, sizeof box) == sizeof box ? box : NULL;
}
/* Behind a message of no bytes. */
static void hide_in_a_datagram(struct box *box) {
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, carrier) != 0 || send(carrier[1], "", 0, 0) != 0 ||
        send(carrier[1], &box, sizeof box, 0) != sizeof box)
        exit(3);
}
static struct box *from_the_datagram(void) {
    char none;
    return recv(carrier[0], &none, 1, 0) == 0 ? from_the_carrier() : NULL;
}
/* On its way through a connection that nobody has accepted. */
static void hide_before_accept(struct box *box) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    socklen_t size = sizeof(sa_family_t); /* the kernel gives it a name (unix(7), autobind) */
    carrier[0] = socket(AF_UNIX, SOCK_STREAM, 0);
    carrier[1] = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(carrier[0], (struct sockaddr *)&name, size) != 0 || listen(carrier[0], 1) != 0)
        exit(3);
    size = sizeof name;
    getsockname(carrier[0], (struct sockaddr *)&name, &size);
    if (connect(carrier[1], (struct sockaddr *)&name, size) != 0 ||
        write(carrier[1], &box, sizeof box) != sizeof box)
        exit(3);
}
static struct box *from_the_accepted(void) {
    carrier[0] = accept(carrier[0], NULL, NULL);
    return from_the_carrier();
}
/* And through the network of the machine itself. */
static int listening(int type, struct sockaddr_in *name) {
    socklen_t size = sizeof *name;
    int fd = socket(AF_INET, type, 0);
    *name = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(fd, (struct sockaddr *)name, size) != 0 || getsockname(fd, (struct sockaddr *)name, &size) != 0)
        exit(3);
    return fd;
}
static void hide_before_accept_from_the_network(struct box *box) {
    struct sockaddr_in name;
    carrier[0] = listening(SOCK_STREAM, &name);
    carrier[1] = socket(AF_INET, SOCK_STREAM, 0);
    if (listen(carrier[0], 1) != 0 || connect(carrier[1], (struct sockaddr *)&name, sizeof name) != 0 ||
        write(carrier[1], &box, sizeof box) != sizeof box)
        exit(3);
}
static void hide_in_a_connection(struct box *box) {
    hide_before_accept_from_the_network(box);
    carrier[0] = accept(carrier[0], NULL, NULL);
}
static void hide_in_an_ended_connection(struct box *box) {
    hide_in_a_connection(box);
    close(carrier[1]);
}
static void hide_in_a_network_datagram(struct box *box) {
    struct sockaddr_in name;
    carrier[0] = listening(SOCK_DGRAM, &name);
    carrier[1] = socket(AF_INET, SOCK_DGRAM, 0);
    if (sendto(carrier[1], &box, sizeof box, 0, (struct sockaddr *)&name, sizeof name) != sizeof box)
        exit(3);
}
static void hide_in_a_held_datagram(struct box *box) {
    struct sockaddr_in name;
    int on = 1;
    carrier[0] = listening(SOCK_DGRAM, &name);
    carrier[1] = socket(AF_INET, SOCK_DGRAM, 0);
    setsockopt(carrier[1], IPPROTO_UDP, UDP_CORK, &on, sizeof on);
    if (sendto(carrier[1], &box, sizeof box, 0, (struct sockaddr *)&name, sizeof name) != sizeof box)
        exit(3);
}
static struct box *from_the_held(void) {
    int off = 0;
    setsockopt(carrier[1], IPPROTO_UDP, UDP_CORK, &off, sizeof off);
    return from_the_carrier();
}
static void hide_in_a_pipe_without_reader(struct box *box) {
    hide_in_a_pipe(box);
    close(carrier[0]);
}
static struct box *from_the_reopened(void) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", carrier[1]);
    carrier[0] = open(path, O_RDONLY);
    return from_the_carrier();
}
static void hide_in_a_line(struct box *box) {
    carrier[1] = posix_openpt(O_RDWR | O_NOCTTY);
    if (grantpt(carrier[1]) != 0 || unlockpt(carrier[1]) != 0)
        exit(3);
    carrier[0] = open(ptsname(carrier[1]), O_RDWR | O_NOCTTY);
    /* digits, of which none has a meaning to a terminal */
    char digits[32];
    int length = snprintf(digits, sizeof digits, "%p", (void *)box);
    if (write(carrier[1], digits, (size_t)length) != length)
        exit(3);
}
static struct box *from_the_line(void) {
    char digits[64] = "";
    if (write(carrier[1], "\n", 1) != 1 || read(carrier[0], digits, sizeof digits - 1) <= 0)
        return NULL;
    return (struct box *)strtoul(digits, NULL, 16);
}
static void hide_in_a_terminal(struct box *box) {
    struct termios raw;
    carrier[1] = posix_openpt(O_RDWR | O_NOCTTY);
    if (grantpt(carrier[1]) != 0 || unlockpt(carrier[1]) != 0)
        exit(3);
    carrier[0] = open(ptsname(carrier[1]), O_RDWR | O_NOCTTY);
    tcgetattr(carrier[0], &raw);
    cfmakeraw(&raw);
    if (tcsetattr(carrier[0], TCSANOW, &raw) != 0 || write(carrier[1], &box, sizeof box) != sizeof box)
        exit(3);
}
static void hide_in_an_event(struct box *box) {
    carrier[0] = eventfd(0, 0);
    if (write(carrier[0], &box, sizeof box) != sizeof box)
        exit(3);
}
static mqd_t queue;
static void hide_in_a_queue(struct box *box) {
    struct mq_attr attr = {.mq_maxmsg = 1, .mq_msgsize = sizeof box};
    queue = mq_open("/leakwatch-reach", O_CREAT | O_RDWR, 0600, &attr);
    mq_unlink("/leakwatch-reach");
    if (queue == (mqd_t)-1 || mq_send(queue, (char *)&box, sizeof box, 0) != 0)
        exit(3);
}
static struct box *from_the_queue(void) {
    struct box *box;
    return mq_receive(queue, (char *)&box, sizeof box, NULL) == sizeof box ? box : NULL;
}

static int set;
static void hide_in_a_set(struct box *box) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = box};
    int fd = eventfd(1, EFD_NONBLOCK);
    set = epoll_create1(0);
    if (epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) != 0)
        exit(3);
}
static struct box *from_the_set(void) {
    struct epoll_event event;
    return epoll_wait(set, &event, 1, -1) == 1 ? event.data.ptr : NULL;
}

/* The last of so many that what is noted of them takes more than a page. */
static void hide_in_a_large_set(struct box *box) {
    enum { OTHERS = 900 };
    struct epoll_event event = {.events = EPOLLIN};
    hide_in_a_set(box);
    for (int i = 0; i < OTHERS; i++)
        if (epoll_ctl(set, EPOLL_CTL_ADD, eventfd(0, EFD_NONBLOCK), &event) != 0)
            exit(3);
}

static timer_t timer;
static void hide_in_a_timer(struct box *box) {
    struct sigevent event = {
        .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 3, .sigev_value.sival_ptr = box};
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0)
        exit(3);
}
static struct box *from_the_signal(void) {
    siginfo_t info;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGRTMIN + 3);
    return sigwaitinfo(&signals, &info) > 0 ? info.si_value.sival_ptr : NULL;
}
static struct box *from_the_timer(void) {
    struct itimerspec soon = {.it_value.tv_nsec = 1000};
    timer_settime(timer, 0, &soon, NULL);
    return from_the_signal();
}
static void hide_in_a_signal(struct box *box) {
    sigqueue(getpid(), SIGRTMIN + 3, (union sigval){.sival_ptr = box});
}

const struct place kernel_places[] = {
    {"in_a_pipe", hide_in_a_pipe, from_the_carrier},
    {"in_a_socket", hide_in_a_socket, from_the_carrier},
    {"in_a_datagram", hide_in_a_datagram, from_the_datagram},
    {"before_accept", hide_before_accept, from_the_accepted},
    {"before_accept_from_the_network", hide_before_accept_from_the_network, from_the_accepted},
    {"in_a_connection", hide_in_a_connection, from_the_carrier},
    {"in_an_ended_connection", hide_in_an_ended_connection, from_the_carrier},
    {"in_a_network_datagram", hide_in_a_network_datagram, from_the_carrier},
    {"in_a_held_datagram", hide_in_a_held_datagram, from_the_held},
    {"in_a_pipe_without_reader", hide_in_a_pipe_without_reader, from_the_reopened},
    {"in_a_line", hide_in_a_line, from_the_line},
    {"in_a_terminal", hide_in_a_terminal, from_the_carrier},
    {"in_an_event", hide_in_an_event, from_the_carrier},
    {"in_a_queue", hide_in_a_queue, from_the_queue},
    {"in_a_set", hide_in_a_set, from_the_set},
    {"in_a_large_set", hide_in_a_large_set, from_the_set},
    {"in_a_timer", hide_in_a_timer, from_the_timer},
    {"in_a_signal", hide_in_a_signal, from_the_signal},
    {NULL, NULL, NULL},
};
