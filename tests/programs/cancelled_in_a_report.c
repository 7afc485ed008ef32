/* cancelled_in_a_report ROUNDS: a thread that waits for a condition is sent SIGUSR1, and cancelled while it is busy with
 * what that asks for. It must end as cancelled, its clean-up must run once, and on its own stack.
 *
 * Many threads wait beside it whose frames need all of the unwinder, so that a report takes a while. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { BESIDE = 100 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int cleaned_up;
static char *cleaned_at;

static void clean_up(void *unused) {
    (void)unused;
    pthread_mutex_unlock(&mutex);
    cleaned_up++;
    cleaned_at = __builtin_frame_address(0);
}

/* A frame whose place depends on its alignment: no plain row describes it. */
static __attribute__((noinline)) void wait_for_ever(size_t size, pid_t *tell_tid) {
    volatile char aligned[64] __attribute__((aligned(64)));
    volatile char *sized = __builtin_alloca(size);
    memset((char *)sized, 0, size);
    aligned[0] = sized[size - 1];
    (void)aligned[0];
    pthread_mutex_lock(&mutex);
    if (tell_tid)
        *tell_tid = (pid_t)syscall(SYS_gettid);
    pthread_cleanup_push(clean_up, NULL);
    for (;;)
        pthread_cond_wait(&changed, &mutex);
    pthread_cleanup_pop(0);
}

static void *waits(void *tell_tid) {
    wait_for_ever(64, tell_tid);
    return NULL;
}

static void pass_us(long us) {
    syscall(SYS_nanosleep, &(struct timespec){0, us * 1000}, NULL);
}

/* Whoever has told its tid under the mutex, and has let it go, waits. */
static pid_t tid_of_waiting(const pid_t *told) {
    for (;;) {
        pthread_mutex_lock(&mutex);
        pid_t tid = *told;
        pthread_mutex_unlock(&mutex);
        if (tid != 0)
            return tid;
        pass_us(100);
    }
}

static const char *one_round(int round) {
    pthread_t waiter;
    pthread_attr_t attributes;
    void *value, *stack;
    size_t size;
    pid_t told = 0;
    cleaned_up = 0;
    if (pthread_create(&waiter, NULL, waits, &told) != 0 || pthread_getattr_np(waiter, &attributes) != 0)
        return "no thread";
    pthread_attr_getstack(&attributes, &stack, &size);
    pthread_attr_destroy(&attributes);
    syscall(SYS_tgkill, getpid(), tid_of_waiting(&told), SIGUSR1);
    if (round % 2) /* else who joins is asleep before the report looks */
        pass_us(round * 97 % 2000);
    if (pthread_cancel(waiter) != 0 || pthread_join(waiter, &value) != 0 || value != PTHREAD_CANCELED)
        return "not ended as cancelled";
    if (cleaned_up != 1 || cleaned_at < (char *)stack || cleaned_at >= (char *)stack + size)
        return "not cleaned up once, on its own stack";
    return NULL;
}

int main(int count, char **arguments) {
    int rounds = count > 1 ? atoi(arguments[1]) : 30;
    pthread_t beside;
    for (int i = 0; i < BESIDE; i++)
        if (pthread_create(&beside, NULL, waits, NULL) != 0)
            return 2;
    for (int round = 0; round < rounds; round++) {
        const char *wrong = one_round(round);
        if (wrong) {
            printf("round %d: %s\n", round, wrong);
            return 1;
        }
        pass_us(150000);
    }
    return 0;
}
