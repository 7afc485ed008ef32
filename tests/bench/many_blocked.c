/* many_blocked THREADS: that many threads blocked 16 deep; then one SIGUSR1 to itself, whose handling is
 * timed to the moment the whole report is in the log named by $REPORT. With a second
 * argument, prints the KiB that are resident instead, and if it is "stay", stays. Prints the ms it took, and
 * the KiB of memory a thread (threads' stacks apart). */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static long waiting;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static __attribute__((noinline)) int deep(int levels) {
    volatile char room[64] = {0};
    if (levels > 1)
        return deep(levels - 1) + room[3];
    pthread_mutex_lock(&mutex);
    waiting++;
    for (volatile int done = 0; !done;)
        pthread_cond_wait(&condition, &mutex);
    return 0;
}

static void *work(void *unused) {
    return deep(15) ? unused : NULL;
}

static off_t report_size(void) {
    struct stat status;
    const char *path = getenv("REPORT");
    return path && stat(path, &status) == 0 ? status.st_size : 0;
}

static long resident_kib(void) {
    char line[128];
    long kib = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        sscanf(line, "VmRSS: %ld", &kib);
    return kib;
}

int main(int count, char **arguments) {
    long threads = count > 1 ? atol(arguments[1]) : 1000;
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 64 * 1024);
    for (long i = 0; i < threads; i++) {
        pthread_t thread;
        if (pthread_create(&thread, &attr, work, NULL) != 0)
            return 1;
    }
    for (long there = 0; there < threads; usleep(1000)) {
        pthread_mutex_lock(&mutex);
        there = waiting;
        pthread_mutex_unlock(&mutex);
    }
    usleep(100000);
    if (count > 2) {
        printf("%ld\n", resident_kib());
        fflush(stdout);
        while (strcmp(arguments[2], "stay") == 0)
            pause();
        _exit(0);
    }
    double start = now();
    raise(SIGUSR1);
    double handled = now() - start;
    while (report_size() == 0 && now() - start < 20000)
        usleep(200);
    printf("%.1f %.1f\n", now() - start, handled);
    fflush(stdout);
    _exit(0);
}
