#include "progress.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static bool wanted, begun;
static volatile sig_atomic_t shown;
static char words[256]; /* changed only while SIGALRM is blocked */

/* What does not go through: nobody is told how far it is. */
static void show(void) {
    ssize_t written = write(STDERR_FILENO, words, strlen(words));
    (void)written;
}

/* One step may take a minute: the timer, not the next step, shows it. */
static void on_second(int signal) {
    (void)signal;
    shown = 1;
    show();
}

void progress_use(bool use) {
    wanted = use;
    if (use)
        signal(SIGALRM, on_second);
}

static void arm(int seconds) {
    struct itimerval timer = {.it_value = {.tv_sec = seconds}};
    setitimer(ITIMER_REAL, &timer, NULL);
}

void progress_step(const char *format, ...) {
    sigset_t alarm, before;
    va_list rest;
    if (!wanted)
        return;
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    sigprocmask(SIG_BLOCK, &alarm, &before);
    int length = snprintf(words, sizeof words, "\r\033[Kleakwatch: ");
    va_start(rest, format);
    vsnprintf(words + length, sizeof words - (size_t)length, format, rest);
    va_end(rest);
    if (shown)
        show();
    else if (!begun)
        arm(1);
    begun = true;
    sigprocmask(SIG_SETMASK, &before, NULL);
}

void progress_end(void) {
    if (!wanted || !begun)
        return;
    arm(0);
    if (shown)
        fputs("\r\033[K", stderr);
    begun = false;
    shown = 0;
}
