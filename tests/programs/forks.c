/* forks N: a thread forks children all the time, while N others wait and make every snapshot long. A child
 * that has a descriptor more than its parent began with, or one less of those that look somewhat like the
 * shim's, is told, and what the descriptor is. For each byte of input it says how many children there have
 * been; it ends with the input, with status 1 if there was one. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DESCRIPTORS = 64, LONG_ENOUGH = 200 };

static volatile int over;
static volatile int children;
static int strange;
static unsigned long before;

static unsigned long open_descriptors(void) {
    unsigned long open = 0;
    for (int fd = 0; fd < DESCRIPTORS; fd++)
        open |= (unsigned long)(fcntl(fd, F_GETFD) >= 0) << fd;
    return open;
}

/* What is the program's own, however like: a file of /proc, files opened in strange ways, a directory, a
 * memfd, a pidfd. */
static int open_own(void) {
    int fds[] = {open("/proc/self/status", O_RDONLY | O_CLOEXEC),
                 open("/proc/self/exe", O_RDONLY | O_CLOEXEC | O_APPEND | O_NONBLOCK | O_DSYNC),
                 open("/proc/self/exe", O_RDONLY | O_CLOEXEC | O_ASYNC),
                 open("/dev/shm", O_RDONLY | O_CLOEXEC | O_DIRECTORY),
                 memfd_create("leak", MFD_CLOEXEC),
                 (int)syscall(SYS_pidfd_open, getpid(), 0)};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] < 0)
            return 0;
    return 1;
}

static void *waits(void *unused) {
    for (;;)
        pause();
    return unused;
}

static void tell(unsigned long differ) {
    for (int fd = 0; fd < DESCRIPTORS; fd++) {
        char path[40], target[200] = "";
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        if (differ >> fd & 1)
            fprintf(stderr, "%d: %s, flags %o\n", fd,
                    readlink(path, target, sizeof target - 1) < 0 ? "missing" : target, fcntl(fd, F_GETFL));
    }
}

static void *forks(void *unused) {
    int status;
    while (!over) {
        pid_t child = fork();
        if (child == 0) {
            unsigned long differ = open_descriptors() ^ before;
            tell(differ);
            _exit(differ != 0);
        }
        if (waitpid(child, &status, 0) == child && WIFEXITED(status)) {
            children++;
            strange += WEXITSTATUS(status);
        }
    }
    return unused;
}

int main(int argc, char **argv) {
    pthread_attr_t small;
    int threads = argc > 1 ? atoi(argv[1]) : 0;
    pthread_t thread;
    char byte;
    sigset_t signals, former;
    sigfillset(&signals);
    sigprocmask(SIG_BLOCK, &signals, &former); /* nobody's request opens one meanwhile */
    if (!open_own())
        return 2;
    before = open_descriptors();
    sigprocmask(SIG_SETMASK, &former, NULL);
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 64 * 1024);
    for (int i = 0; i < threads; i++)
        if (pthread_create(&thread, &small, waits, NULL) != 0)
            return 2;
    if (pthread_create(&thread, NULL, forks, NULL) != 0)
        return 2;
    puts("ok");
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0) {
        printf("%d\n", children);
        fflush(stdout);
    }
    over = 1;
    pthread_join(thread, NULL);
    printf("%d of %d children had a descriptor of somebody else's\n", strange, children);
    fflush(stdout);
    _exit(strange > 0 || children < LONG_ENOUGH);
}
