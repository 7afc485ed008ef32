/* What a program finds that walks its own stack. */
#include <dlfcn.h>
#include <execinfo.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <unwind.h>

#include "../programs/settle.h"
#include "scenario.h"

static const char *object_of(void *address) {
    Dl_info info;
    if (!dladdr(address, &info))
        return "nowhere";
    const char *last = strrchr(info.dli_fname, '/');
    return last ? last + 1 : info.dli_fname;
}

static void *frames[2000];
static int count;

static _Unwind_Reason_Code note(struct _Unwind_Context *context, void *limit) {
    frames[count++] = (void *)_Unwind_GetIP(context);
    return count < *(int *)limit ? _URC_NO_REASON : _URC_NORMAL_STOP;
}

static void say_frames(const char *how) {
    char line[4096] = "";
    for (int i = 0; i < count && i < 40; i++) {
        strcat(line, " ");
        strcat(line, object_of(frames[i]));
    }
    SAY("%s: %d frames:%s", how, count, line);
}

static void walk(int limit) {
    count = backtrace(frames, limit);
    say_frames("backtrace");
    count = 0;
    SAY("answers %d", (int)_Unwind_Backtrace(note, &limit));
    say_frames("_Unwind_Backtrace");
}

static void walk_all(void) {
    static const int limits[] = {1, 2, 3, 5, 30, 256, 257, 2000};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        walk(limits[i]);
    SAY("%d and %d frames", backtrace(frames, 0), backtrace(frames, -1));
}

static sem_t waits, handled;

static void in_handler(int signal) {
    SAY("in a handler of %d", signal);
    walk_all();
    sem_post(&handled);
}

static __attribute__((noinline)) int deep(int depth) {
    if (depth == 0) {
        walk(2000);
        walk(300);
        return 0;
    }
    return deep(depth - 1) + 1;
}

static int ends[2];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;

static void *in_thread(void *argument) {
    walk_all();
    deep(500);
    SAY("%d", (int)sem_post(&waits));
    char byte;
    SAY("read %d", (int)read(ends[0], &byte, 1));
    return argument;
}

SCENARIO(own_stack) {
    void *warm[4]; /* loads libgcc */
    backtrace(warm, 4);
    walk_all();
    deep(500);
    struct sigaction action = {.sa_handler = in_handler, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGUSR2, &action, NULL);
    sem_init(&waits, 0, 0);
    sem_init(&handled, 0, 0);
    if (pipe(ends) != 0)
        return;
    pthread_t thread;
    pthread_create(&thread, NULL, in_thread, NULL);
    while (sem_wait(&waits) != 0)
        ;
    static const int signals[] = {SIGUSR1, SIGUSR2};
    for (int i = 0; i < 2; i++) {
        settle(); /* into read */
        pthread_kill(thread, signals[i]);
        while (sem_wait(&handled) != 0)
            ;
    }
    int written = (int)write(ends[1], "x", 1);
    pthread_join(thread, NULL);
    SAY("%d", written);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    pthread_mutex_lock(&lock);
    SAY("%d", pthread_cond_timedwait(&condition, &lock, &now));
    pthread_mutex_unlock(&lock);
}
