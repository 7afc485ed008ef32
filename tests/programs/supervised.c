/* Reads a pipe that it alone has, by a descriptor that a filter hands to another process, which takes its time to answer. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "older_libc.h"

enum { ITS_END = 100 };

static void must(int good) {
    if (!good) {
        perror("supervised");
        exit(3);
    }
}

static int filter(void) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_read, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ITS_END, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

static void supervise(int process, int listener) {
    struct seccomp_notif asked = {0};
    long fd;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while ((fd = syscall(SYS_pidfd_getfd, process, listener, 0)) < 0)
        usleep(1000);
    must(ioctl((int)fd, SECCOMP_IOCTL_NOTIF_RECV, &asked) == 0);
    sleep(1000);
    struct seccomp_notif_resp answer = {.id = asked.id, .val = 7};
    must(ioctl((int)fd, SECCOMP_IOCTL_NOTIF_SEND, &answer) == 0);
    exit(0);
}

int main(void) {
    int ends[2], told[2];
    char bytes[8];
    int process = (int)syscall(SYS_pidfd_open, getpid(), 0);
    must(process >= 0 && pipe(told) == 0);
    if (fork() == 0) {
        int listener;
        must(read(told[0], &listener, sizeof listener) == sizeof listener);
        supervise(process, listener);
    }
    must(pipe(ends) == 0 && dup2(ends[0], ITS_END) == ITS_END);
    int listener = filter();
    must(listener >= 0 && write(told[1], &listener, sizeof listener) == sizeof listener);
    must(write(STDOUT_FILENO, "up\n", 3) == 3);
    printf("answered %d\n", (int)read(ITS_END, bytes, sizeof bytes));
    return 0;
}
