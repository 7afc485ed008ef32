/* forks: a thread forks children all the time, while three thousand others make every snapshot long; a child
 * that has a descriptor more than its parent began with is told. Ends on its input's end; status 1 if there
 * was one. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 3000, DESCRIPTORS = 64, LONG_ENOUGH = 200 };

static volatile int over;
static int children, strange;

static int open_descriptors(void) {
    int count = 0;
    for (int fd = 0; fd < DESCRIPTORS; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
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
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 64 * 1024);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&thread, &small, waits, NULL) != 0)
            return 2;
    if (pthread_create(&thread, NULL, forks, NULL) != 0)
        return 2;
    puts("ok");
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    over = 1;
    pthread_join(thread, NULL);
    printf("%d of %d children had a descriptor of somebody else's\n", strange, children);
    fflush(stdout);
    _exit(strange > 0 || children < LONG_ENOUGH);
}
