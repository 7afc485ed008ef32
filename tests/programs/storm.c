/* storm SECONDS: threads are created, blocked, woken, cancelled, detached and joined at full speed on several
 * threads, while snapshots are asked for every 50 ms, children are forked and libraries opened and closed.
 * Ends with 0 if every thread and child did what it should, and if descriptors and memory did not grow. */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile int stop;
static int failures;
static long rounds;

#define MUST(condition)                                                                  \
    ((condition) ? (void)0                                                               \
                 : (printf("line %d: %s (%s)\n", __LINE__, #condition, strerror(errno)), \
                    (void)__atomic_add_fetch(&failures, 1, __ATOMIC_RELAXED)))

struct box {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int value, unwound;
    int ends[2];
};

static void unlock(void *box) {
    ((struct box *)box)->unwound++;
    pthread_mutex_unlock(&((struct box *)box)->mutex);
}

static void *waits(void *argument) {
    struct box *box = argument;
    pthread_mutex_lock(&box->mutex);
    pthread_cleanup_push(unlock, box);
    while (box->value == 0)
        pthread_cond_wait(&box->changed, &box->mutex);
    pthread_cleanup_pop(1);
    return box;
}

static void *reads(void *argument) {
    struct box *box = argument;
    char byte;
    MUST(read(box->ends[0], &byte, 1) == 1);
    return box;
}

static void *ends(void *argument) {
    return argument;
}

static void one_round(unsigned seed) {
    struct box box = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, {-1, -1}};
    pthread_t waiter, reader, detached;
    void *value;
    MUST(pipe(box.ends) == 0);
    MUST(pthread_create(&waiter, NULL, waits, &box) == 0);
    MUST(pthread_create(&reader, NULL, reads, &box) == 0);
    if (pthread_create(&detached, NULL, ends, NULL) == 0)
        MUST(pthread_detach(detached) == 0);
    if (seed % 3 == 0)
        usleep(seed % 500);
    if (seed % 2) {
        MUST(pthread_cancel(waiter) == 0);
        MUST(pthread_join(waiter, &value) == 0 && value == PTHREAD_CANCELED);
    } else {
        pthread_mutex_lock(&box.mutex);
        box.value = 1;
        pthread_cond_signal(&box.changed);
        pthread_mutex_unlock(&box.mutex);
        MUST(pthread_join(waiter, &value) == 0 && value == &box && box.unwound == 1);
    }
    MUST(write(box.ends[1], "x", 1) == 1);
    MUST(pthread_join(reader, &value) == 0 && value == &box);
    close(box.ends[0]);
    close(box.ends[1]);
    __atomic_add_fetch(&rounds, 1, __ATOMIC_RELAXED);
}

static void *storms(void *number) {
    unsigned seed = (unsigned)(size_t)number * 7919u;
    while (!stop)
        one_round(seed++);
    return NULL;
}

static void *forks(void *unused) {
    while (!stop) {
        pid_t child = fork();
        if (child == 0) {
            pthread_t thread;
            if (pthread_create(&thread, NULL, ends, NULL) != 0 || pthread_join(thread, NULL) != 0)
                _exit(9);
            _exit(7);
        }
        int status = 0;
        MUST(child > 0 && waitpid(child, &status, 0) == child);
        MUST(WIFEXITED(status) && WEXITSTATUS(status) == 7);
        usleep(5000);
    }
    return unused;
}

static void *loads(void *unused) {
    while (!stop) {
        void *library = dlopen("libm.so.6", RTLD_NOW);
        void *other = dlopen("libanl.so.1", RTLD_NOW);
        MUST(library && dlsym(library, "cos"));
        if (other)
            dlclose(other);
        dlclose(library);
        usleep(1000);
    }
    return unused;
}

static void *snapshots(void *unused) {
    while (!stop) {
        usleep(50000);
        kill(getpid(), SIGUSR1);
    }
    return unused;
}

static long resident_kib(void) {
    char line[128];
    long kib = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        sscanf(line, "VmRSS: %ld", &kib);
    if (status)
        fclose(status);
    return kib;
}

static int lowest_free(void) {
    int fd = dup(1);
    close(fd);
    return fd;
}

int main(int count, char **arguments) {
    int seconds = count > 1 ? atoi(arguments[1]) : 10;
    pthread_t threads[6];
    /* A sanitizer's or valgrind's runtime may not live through forks of a threaded program. */
    bool without_forks = count > 2 && strcmp(arguments[2], "without-forks") == 0;
    void *(*const routines[])(void *) = {storms, storms, storms, loads, snapshots, forks};
    size_t running = without_forks ? 5 : 6;
    int free_before = lowest_free();
    for (size_t i = 0; i < running; i++)
        MUST(pthread_create(&threads[i], NULL, routines[i], (void *)(i + 1)) == 0);
    sleep(1);
    long before = resident_kib();
    sleep((unsigned)seconds);
    stop = 1;
    for (size_t i = 0; i < running; i++)
        MUST(pthread_join(threads[i], NULL) == 0);
    long after = resident_kib();
    MUST(lowest_free() == free_before);
    MUST(without_forks || after - before < 4096); /* a sanitizer's runtime grows by itself */
    printf("%ld rounds, %ld KiB resident after 1 s, %ld at the end\n", rounds, before, after);
    return failures != 0;
}
