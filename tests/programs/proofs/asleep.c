/* Everybody sleeps, main included, and something could or could not wake one. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "proofs.h"

static void posts(int signal) {
    (void)signal;
    sem_post(&never);
}
static void posts_on_timer(union sigval value) {
    sem_post(value.sival_ptr);
}

static void all_asleep(void) {
    rest();
}
static void asleep_but_for_a_handler(void) {
    signal(SIGUSR2, posts);
    rest();
}
static void asleep_but_for_a_posix_timer(void) {
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
    struct itimerspec when = {.it_value = {.tv_sec = 1000}};
    signal(SIGRTMIN, nothing);
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    timer_settime(timer, 0, &when, NULL);
    rest();
}
static void asleep_but_for_a_timer_thread(void) {
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_THREAD,
                             .sigev_notify_function = posts_on_timer,
                             .sigev_value = {.sival_ptr = &never}};
    struct itimerspec when = {.it_value = {.tv_sec = 1000}};
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    timer_settime(timer, 0, &when, NULL);
    rest();
}
static void asleep_but_for_a_timed_wait(void) {
    start("two", takes_two_timed, &ab);
    start("three", holds, &b);
    rest();
}
static void asleep_but_for_a_shared_semaphore(void) {
    sem_init(&never, 1, 0);
    rest();
}
static void asleep_but_for_a_socket(void) {
    start("two", sleeps, NULL);
    rest();
}
static void asleep_on_a_pipe(void) {
    if (pipe(ends) != 0)
        exit(3);
    start("two", reads_pipe, NULL);
    rest();
}
static void asleep_but_for_another_process(void) {
    if (pipe(ends) != 0)
        exit(3);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        stay();
    }
    start("two", reads_pipe, NULL);
    rest();
}
/* The signal comes to another thread than main. */
static void one_takes_the_signal(void) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    start("one", waits_for_cond, NULL);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    ready();
    sem_wait(&never);
}
static void handles_faults(void) {
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        signal(faults[i], nothing);
}
static void asleep_with_fault_handlers(void) {
    handles_faults();
    rest();
}
static void asleep_but_for_a_handler_of_none(void) {
    handles_faults();
    signal(SIGPROF, nothing);
    rest();
}
static void asleep_without_main(void) {
    start("one", waits_for_cond, NULL);
    start("two", waits_for_cond, NULL);
    ready();
    pthread_exit(NULL);
}
static void asleep_on_a_pipe_without_main(void) {
    must(pipe(ends) == 0);
    start("one", waits_for_cond, NULL);
    start("two", reads_pipe, NULL);
    ready();
    pthread_exit(NULL);
}
static void asleep_but_for_a_named_pipe(void) {
    char name[] = "/tmp/proofs.XXXXXX";
    if (!mkdtemp(name) || chdir(name) != 0 || mkfifo("pipe", 0600) != 0 ||
        (ends[0] = open("pipe", O_RDWR)) < 0)
        exit(3);
    unlink("pipe");
    rmdir(name);
    start("two", reads_pipe, NULL);
    rest();
}

static void *joins_main(void *main_thread) {
    pthread_join((pthread_t)main_thread, NULL);
    return NULL;
}
static void asleep_joining_main(void) {
    start("two", joins_main, (void *)pthread_self());
    rest();
}
static int main_blocks_all(void) {
    char path[64], words[4096];
    snprintf(path, sizeof path, "/proc/self/task/%d/status", (int)getpid());
    int fd = open(path, O_RDONLY);
    ssize_t count = read(fd, words, sizeof words - 1);
    must(count > 0);
    words[count] = '\0';
    close(fd);
    return strstr(words, "SigBlk:\tffff") != NULL;
}
/* As soon as main makes the report, in a handler that has everything blocked; so has pthread_create, from which main comes. */
static void *leaves(void *unused) {
    while (main_blocks_all())
        usleep(100);
    ready();
    while (!main_blocks_all())
        ;
    usleep(300); /* the handler is in the report by then, of five hundred */
    exit(0);
    return unused;
}
static void one_leaves_amid_a_report(void) {
    for (int i = 0; i < 500; i++)
        start("one", waits_for_cond, NULL);
    start("leaves", leaves, NULL);
    sem_wait(&never);
}
static void asleep_and_held(void) {
    pthread_mutex_lock(&a);
    start("one", takes_two, &ba);
    ready();
    pthread_cond_wait(&wanted, &c);
}

/* clang-format off */
const struct scenario of_asleep[] = {
    SCENARIO(all_asleep) SCENARIO(asleep_but_for_a_handler) SCENARIO(asleep_but_for_a_posix_timer)
    SCENARIO(asleep_but_for_a_timer_thread) SCENARIO(asleep_but_for_a_timed_wait)
    SCENARIO(asleep_but_for_a_shared_semaphore) SCENARIO(asleep_but_for_a_socket) SCENARIO(asleep_on_a_pipe)
    SCENARIO(asleep_but_for_another_process) SCENARIO(asleep_joining_main) SCENARIO(asleep_and_held)
    SCENARIO(one_takes_the_signal) SCENARIO(asleep_with_fault_handlers) SCENARIO(asleep_without_main) SCENARIO(asleep_on_a_pipe_without_main)
    SCENARIO(asleep_but_for_a_handler_of_none) SCENARIO(asleep_but_for_a_named_pipe) SCENARIO(one_leaves_amid_a_report)
    {NULL, NULL},
};
