/* A program that put itself under a strict seccomp filter, and leaks: a report would kill it, so there is none, and that
 * is said. Its status is its own.
 *
 * EXIT: 7
 * BOTH
 * CHECK-NOT: leaked
 * CHECK: leakwatch: no report of filtered: it has set itself a seccomp filter
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int ends[2];

static void *reads(void *unused) {
    char byte;
    return read(ends[0], &byte, 1) == 1 ? NULL : unused;
}

/* These may be called from now on; any other kills. */
static bool allow_few(void) {
    static const int allowed[] = {SYS_read, SYS_write, SYS_exit, SYS_exit_group, SYS_futex, SYS_munmap};
    enum { COUNT = sizeof allowed / sizeof *allowed };
    struct sock_filter program[2 * COUNT + 2] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
    for (int i = 0; i < COUNT; i++) {
        program[2 * i + 1] =
            (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)allowed[i], 0, 1);
        program[2 * i + 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    }
    program[2 * COUNT + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    struct sock_fprog filter = {2 * COUNT + 2, program};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) == 0;
}

int main(void) {
    pthread_t thread;
    if (pipe(ends) != 0 || pthread_create(&thread, NULL, reads, NULL) != 0)
        return 1;
    settle();
    if (!allow_few())
        return 2;
    exit(7);
}
