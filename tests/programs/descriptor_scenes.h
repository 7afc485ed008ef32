/* Pipes, sockets and sets of descriptors: what must be set up so that a call blocks, and what wakes it. */
#pragma once

#include "scene.h"

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

static void set_up_aio(struct scene *s) {
    set_up_empty_pipe(s);
    s->request = (struct aiocb){.aio_fildes = s->fd, .aio_buf = s->buffer, .aio_nbytes = 1};
    MUST(aio_read(&s->request) == 0);
}
