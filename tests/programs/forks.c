/* forks: a thread forks children all the time, while three thousand others make every snapshot long. A child
 * that has a descriptor more than its parent began with, or one less of those that look somewhat like the
 * shim's, is told. For each byte of input it says how many children there have been; it ends with the input,
 * with status 1 if there was one. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 3000, DESCRIPTORS = 64, LONG_ENOUGH = 200 };

static volatile int over;
static volatile int children;
static int strange;

static int open_descriptors(void) {
    int count = 0;
    for (int fd = 0; fd < DESCRIPTORS; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* What is the program's own, however like: a file of /proc, one opened in a strange way, a memfd. */
static int open_own(void) {
    int fds[] = {open("/proc/self/status", O_RDONLY | O_CLOEXEC),
                 open("/proc/self/exe", O_RDONLY | O_CLOEXEC | O_APPEND | O_NONBLOCK | O_DSYNC),
                 memfd_create("leak", MFD_CLOEXEC)};
    return fds[0] >= 0 && fds[1] >= 0 && fds[2] >= 0;
}

static void *waits(void *unused) {
    for (;;)
        pause();
    return unused;
}

static void *forks(void *unused) {
    int before = open_descriptors(), status;
    while (!over) {
        pid_t child = fork();
        if (child == 0)
            _exit(open_descriptors() != before);
        if (waitpid(child, &status, 0) == child && WIFEXITED(status)) {
            children++;
            strange += WEXITSTATUS(status);
        }
    }
    return unused;
}

int main(void) {
    pthread_attr_t small;
    pthread_t thread;
    char byte;
    if (!open_own())
        return 2;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 64 * 1024);
    for (int i = 0; i < THREADS; i++)
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
