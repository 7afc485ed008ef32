/* One figure on stdout: ns of processor time or, where two threads take turns, of time, an operation.
 * usage: cost NAME */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* What this thread alone has used: other programs that run meanwhile are not in it. */
static double used(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void *sleeps(void *unused) {
    pause();
    return unused;
}

/* with one thread only, glibc locks without atomic instructions: not what a program with threads pays */
static void have_a_second_thread(void) {
    pthread_t idle;
    pthread_create(&idle, NULL, sleeps, NULL);
}

/* ns that each of `times` rounds of the statements takes. */
#define EACH(times, ...)                          \
    double start = used();                        \
    for (int round = 0; round < times; round++) { \
        __VA_ARGS__;                              \
    }                                             \
    return (used() - start) / times

static double mutex_pairs(void) {
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    have_a_second_thread();
    EACH(5000000, pthread_mutex_lock(&mutex); pthread_mutex_unlock(&mutex));
}

static double rwlock_read_pairs(void) {
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    have_a_second_thread();
    EACH(5000000, pthread_rwlock_rdlock(&lock); pthread_rwlock_unlock(&lock));
}

static double semaphore_pairs(void) {
    sem_t semaphore;
    sem_init(&semaphore, 0, 0);
    have_a_second_thread();
    EACH(5000000, sem_post(&semaphore); sem_wait(&semaphore));
}

static double signals_to_nobody(void) {
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
    have_a_second_thread();
    EACH(5000000, pthread_mutex_lock(&mutex); pthread_cond_signal(&cond); pthread_mutex_unlock(&mutex));
}

static double pipe_pairs(void) {
    int ends[2];
    char byte = 1;
    if (pipe(ends) != 0)
        return -1;
    EACH(300000, if (write(ends[1], &byte, 1) != 1 || read(ends[0], &byte, 1) != 1) return -1);
}

static double zero_reads(void) {
    char byte;
    int zero = open("/dev/zero", O_RDONLY);
    EACH(300000, if (read(zero, &byte, 1) != 1) return -1);
}

/* The end to read from of a pipe that has something in it. */
static int ready_end(void) {
    int ends[2];
    return pipe(ends) == 0 && write(ends[1], "x", 1) == 1 ? ends[0] : -1;
}

static double ready_polls(void) {
    struct pollfd ready = {.fd = ready_end(), .events = POLLIN};
    EACH(300000, if (poll(&ready, 1, -1) != 1) return -1);
}

static double ready_epolls(void) {
    struct epoll_event event = {.events = EPOLLIN};
    int set = epoll_create1(0);
    epoll_ctl(set, EPOLL_CTL_ADD, ready_end(), &event);
    EACH(300000, if (epoll_wait(set, &event, 1, -1) != 1) return -1);
}

enum { TURNS = 30000 };
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turned = PTHREAD_COND_INITIALIZER;
static int turn;

static void play(int mine) {
    pthread_mutex_lock(&mutex);
    for (int i = 0; i < TURNS; i++) {
        while (turn != mine)
            pthread_cond_wait(&turned, &mutex);
        turn = !mine;
        pthread_cond_signal(&turned);
    }
    pthread_mutex_unlock(&mutex);
}

static void *second(void *unused) {
    play(1);
    return unused;
}

static double ping_pong(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, second, NULL);
    double start = now();
    play(0);
    pthread_join(thread, NULL);
    return (now() - start) / TURNS;
}

static double fork_and_wait(void) {
    enum { CHILDREN = 1000 };
    double start = now();
    for (int i = 0; i < CHILDREN; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(0);
        waitpid(child, NULL, 0);
    }
    return (now() - start) / CHILDREN;
}

static void *nothing(void *unused) {
    return unused;
}

static double create_and_join(void) {
    enum { TIMES = 3000 };
    double start = now();
    for (int i = 0; i < TIMES; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, nothing, NULL);
        pthread_join(thread, NULL);
    }
    return (now() - start) / TIMES;
}

/* The same from a stack as deep as real ones are: it is kept with each thread. */
static __attribute__((noinline)) double create_and_join_deep(volatile int depth) {
    double result = depth > 0 ? create_and_join_deep(depth - 1) : create_and_join();
    __asm__ volatile("" ::: "memory"); /* not a tail call */
    return result;
}

static double create_and_join_16_deep(void) {
    return create_and_join_deep(16);
}

int main(int count, char **arguments) {
    static const struct {
        const char *name;
        double (*measure)(void);
    } works[] = {{"mutex", mutex_pairs},
                 {"rwlock", rwlock_read_pairs},
                 {"sem", semaphore_pairs},
                 {"signal", signals_to_nobody},
                 {"pipe", pipe_pairs},
                 {"zero", zero_reads},
                 {"poll", ready_polls},
                 {"epoll", ready_epolls},
                 {"cond", ping_pong},
                 {"create", create_and_join},
                 {"create16", create_and_join_16_deep},
                 {"fork", fork_and_wait}};
    for (size_t i = 0; i < sizeof works / sizeof *works; i++)
        if (count == 2 && strcmp(arguments[1], works[i].name) == 0) {
            printf("%.2f\n", works[i].measure());
            return 0;
        }
    return 2;
}
