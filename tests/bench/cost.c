/* One figure on stdout: ns an operation. cost MUTEX|PIPE|COND|CREATE */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void *sleeps(void *unused) {
    pause();
    return unused;
}

static double mutex_pairs(void) {
    enum { TIMES = 5000000 };
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_t idle;
    /* with one thread only, glibc locks without atomic instructions: not what a program with threads pays */
    pthread_create(&idle, NULL, sleeps, NULL);
    double start = now();
    for (int i = 0; i < TIMES; i++) {
        pthread_mutex_lock(&mutex);
        pthread_mutex_unlock(&mutex);
    }
    return (now() - start) / TIMES;
}

static double pipe_pairs(void) {
    enum { TIMES = 300000 };
    int ends[2];
    char byte = 1;
    if (pipe(ends) != 0)
        return -1;
    double start = now();
    for (int i = 0; i < TIMES; i++)
        if (write(ends[1], &byte, 1) != 1 || read(ends[0], &byte, 1) != 1)
            return -1;
    return (now() - start) / TIMES;
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

int main(int count, char **arguments) {
    static const struct {
        const char *name;
        double (*measure)(void);
    } works[] = {
        {"mutex", mutex_pairs}, {"pipe", pipe_pairs}, {"cond", ping_pong}, {"create", create_and_join}};
    for (size_t i = 0; i < sizeof works / sizeof *works; i++)
        if (count == 2 && strcmp(arguments[1], works[i].name) == 0) {
            printf("%.2f\n", works[i].measure());
            return 0;
        }
    return 2;
}
