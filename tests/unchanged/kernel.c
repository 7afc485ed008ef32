/* What the kernel is asked for: no system call on the way of a wait that the program would not make itself,
 * and no dependence on what may be missing. */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/prctl.h>

#include "scenario.h"

static void *gives(void *pipe_end) {
    pthread_testcancel();
    return write(*(int *)pipe_end, "x", 1) == 1 ? NULL : pipe_end;
}

static void receive_one(void) {
    int ends[2];
    char byte;
    TELL(pipe(ends));
    pthread_t giver = begin_thread(gives, &ends[1]);
    TELL(read(ends[0], &byte, 1));
    TELL(pthread_join(giver, NULL));
}

/* Only these may be called from now on; any other kills the process. */
static void allow_only(const int *numbers, size_t count) {
    struct sock_filter program[2 + 64] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    };
    size_t length = 1;
    for (size_t i = 0; i < count; i++) {
        program[length++] =
            (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)numbers[i], 0, 1);
        program[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    }
    program[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    struct sock_fprog filter = {(unsigned short)length, program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
        SAY("no seccomp here: errno %d", errno);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int turns;
static void *takes_turns(void *mine) {
    for (int i = 0; i < 200; i++) {
        pthread_mutex_lock(&mutex);
        while (turns % 2 != (mine != NULL))
            pthread_cond_wait(&cond, &mutex);
        turns++;
        pthread_cond_broadcast(&cond);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

/* Waiting, creating and ending threads under a filter that knows only what glibc itself calls for that. */
SCENARIO(a_strict_filter) {
    int ends[2];
    if (pipe(ends) != 0)
        return;
    pthread_join(begin_thread(gives, &ends[1]),
                 NULL); /* the first thread makes libc ask for more than later ones */
    SAY("filtered from here");
    static const int allowed[] = {
        SYS_read,       SYS_write,          SYS_futex,           SYS_mmap,           SYS_mprotect, SYS_munmap,
        SYS_madvise,    SYS_clone3,         SYS_clone,           SYS_exit,           SYS_rseq,     SYS_ppoll,
#ifdef SYS_poll
        SYS_poll,
#endif
        SYS_exit_group, SYS_rt_sigprocmask, SYS_set_robust_list, SYS_clock_nanosleep};
    allow_only(allowed, sizeof allowed / sizeof *allowed);
    pthread_t other = begin_thread(takes_turns, &mutex);
    takes_turns(NULL);
    pthread_join(other, NULL);
    char bytes[2];
    pthread_t giver = begin_thread(gives, &ends[1]);
    TELL(poll(&(struct pollfd){.fd = ends[0], .events = POLLIN}, 1, -1));
    TELL(read(ends[0], bytes, 1));
    TELL(pthread_join(giver, NULL));
    TELL(usleep(1000));
    TELL(turns);
    exit(44);
}

SCENARIO(proc_is_not_mounted) {
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        umount2("/proc", MNT_DETACH) != 0)
        SAY("it stays");
    receive_one();
}

/* System calls made by number: results, errno, and those that return twice. */
SCENARIO(syscall_by_number) {
    int word = 1;
    char byte;
    TELL(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 2, NULL));
    TELL(syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1));
    TELL(syscall(SYS_futex, NULL, FUTEX_WAIT_PRIVATE, 0, NULL));
    TELL(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 1, (void *)8));
    TELL(syscall(SYS_read, -1, &byte, 1));
    TELL(syscall(100000));
    TELL(syscall(-1));
    TELL(syscall(SYS_getpid) == getpid());
    TELL(syscall(SYS_fcntl, 1, F_GETFD));
    TELL(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &(struct timespec){0, 1000}, NULL));
    long child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0)
        syscall(SYS_exit_group, 31);
    int status;
    TELL(syscall(SYS_wait4, child, &status, 0, NULL) == child);
    say_end("a clone", status);
#ifdef SYS_fork
    child = syscall(SYS_fork);
#else
    child = fork();
#endif
    if (child == 0)
        _exit(32);
    TELL(waitpid((pid_t)child, &status, 0) == child);
    say_end("a fork", status);
}

/* Pointers that are no good are the kernel's to refuse. */
SCENARIO(bad_pointers) {
    void *volatile hidden = (void *)8, *bad = hidden; /* what the compiler would warn of */
    TELL(poll(bad, 1, 0));
    TELL(ppoll(bad, 1, bad, NULL));
    TELL(nanosleep(bad, NULL));
    TELL(clock_nanosleep(CLOCK_MONOTONIC, 0, bad, NULL));
    TELL(clock_nanosleep(12345, 0, &(struct timespec){0, 1}, NULL));
    TELL(nanosleep(&(struct timespec){0, 1000000000}, NULL));
    TELL(nanosleep(&(struct timespec){-1, 0}, NULL));
    int ends[2];
    TELL(pipe(ends));
    TELL(write(ends[1], bad, 1));
    TELL(write(ends[1], "x", 1));
    TELL(read(ends[0], bad, 1));
    TELL(read(-1, bad, 1));
    TELL(select(-1, NULL, NULL, NULL, NULL));
    TELL(wait4(-1, bad, 0, NULL));
    TELL(fcntl(ends[0], F_SETLKW, bad));
    TELL(fcntl(ends[0], F_GETFL) & O_ACCMODE);
    TELL(fcntl(ends[0], F_DUPFD, 100));
    TELL(fcntl(-1, F_SETLKW, bad));
}

SCENARIO(the_time_stamp_counter_is_forbidden) {
    TELL(prctl(PR_SET_TSC, PR_TSC_SIGSEGV));
    receive_one();
    TELL(usleep(1000));
    syscall(SYS_exit_group, 45);
}
