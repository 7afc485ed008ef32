/* Signals at their default action, of those most of all that the shim has handlers for: a process that sends
 * one to itself dies of it, by whatever way it is sent and to whichever thread it goes. */
#include <dlfcn.h>
#include <execinfo.h>
#include <sched.h>
#include <setjmp.h>
#include <spawn.h>
#include <sys/signalfd.h>
#include <time.h>

#include "scenario.h"

extern char **environ;
static int number;

static void in_a_child(const char *what, void (*play)(void)) {
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        setpgid(0, 0);
        play();
        _exit(77);
    }
    int status;
    waitpid(child, &status, 0);
    say_end(what, status);
}

static sigset_t one(int signal) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    return set;
}
static void change_mask(int how) {
    sigset_t set = one(number);
    sigprocmask(how, &set, NULL);
}
static void at_10_ms(void) {
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = number};
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    timer_settime(timer, 0, &(struct itimerspec){.it_value.tv_nsec = 10000000}, NULL);
}

static void raises(void) {
    raise(number);
}
static void kills(void) {
    kill(getpid(), number);
}
static void kills_its_thread(void) {
    pthread_kill(pthread_self(), number);
}
static void kills_by_number(void) {
    syscall(SYS_tgkill, getpid(), gettid(), number);
}
static void queues(void) {
    sigqueue(getpid(), number, (union sigval){.sival_int = 5});
}
static void queues_to_its_thread(void) {
    pthread_sigqueue(pthread_self(), number, (union sigval){.sival_int = 5});
}
static void kills_its_group(void) {
    kill(0, number);
}
static void kills_its_group_by_name(void) {
    killpg(getpgrp(), number);
}
static void *sleeps(void *ready) {
    sem_post(ready);
    for (;;)
        pause();
    return ready;
}
static void kills_another_thread(void) {
    sem_t ready;
    sem_init(&ready, 0, 0);
    pthread_t other = begin_thread(sleeps, &ready);
    sem_wait(&ready); /* until it has begun, it blocks all signals */
    pthread_kill(other, number);
    SAY("not reached");
    pthread_join(other, NULL);
}
static void *kills_and_speaks(void *unused) {
    kill(getpid(), number);
    SAY("not reached");
    return unused;
}
static void kills_from_another_thread(void) {
    pthread_join(begin_thread(kills_and_speaks, NULL), NULL);
}
static void *kills_at_last(void *first) {
    pthread_join(*(pthread_t *)first, NULL);
    kill(getpid(), number);
    SAY("not reached");
    return NULL;
}
static void kills_when_main_has_ended(void) {
    static pthread_t first;
    first = pthread_self();
    begin_thread(kills_at_last, &first);
    pthread_exit(NULL);
}
static void blocks_and_unblocks(void) {
    change_mask(SIG_BLOCK);
    kill(getpid(), number);
    SAY("pending");
    change_mask(SIG_UNBLOCK);
}
static void suspends(void) {
    sigset_t none;
    sigemptyset(&none);
    change_mask(SIG_BLOCK);
    raise(number);
    sigsuspend(&none);
    SAY("not reached");
}
static void has_a_timer(void) {
    at_10_ms();
    for (;;)
        pause();
}
static void fetches(void) {
    sigset_t set = one(number);
    int got = 0;
    change_mask(SIG_BLOCK);
    kill(getpid(), number);
    TELL(sigwait(&set, &got));
    SAY("%d", got == number);
    raise(number);
    TELL(sigtimedwait(&set, NULL, &(struct timespec){1, 0}) == number);
    queues();
    int fd = signalfd(-1, &set, 0);
    struct signalfd_siginfo info;
    TELL(read(fd, &info, sizeof info));
    SAY("%d", (int)info.ssi_signo == number);
    change_mask(SIG_UNBLOCK);
    raise(number);
}
static void ignores(void) {
    signal(number, SIG_IGN);
    raise(number);
    kill(getpid(), number);
    SAY("ignored");
    signal(number, SIG_DFL);
    raise(number);
}
static void waits_unblocked(void) {
    sigset_t set = one(number);
    int got = 0;
    at_10_ms();
    TELL(sigwait(&set, &got));
    TELL(got);
}
static void waits_unblocked_for_all(void) {
    sigset_t set;
    sigfillset(&set);
    at_10_ms();
    TELL(sigwaitinfo(&set, NULL));
}
static void waits_unblocked_in_vain(void) {
    sigset_t set = one(number);
    TELL(sigtimedwait(&set, NULL, &(struct timespec){0, 1000000}));
    struct sigaction action;
    TELL(sigaction(number, NULL, &action));
    SAY("default: %d, flags %#x", action.sa_handler == SIG_DFL, action.sa_flags);
    raise(number);
}
static void vforks(void) {
    pid_t child = vfork();
    if (child == 0) {
        raise(number);
        _exit(78);
    }
    int status;
    waitpid(child, &status, 0);
    say_end("a vfork child", status);
    raise(number);
}
static void clones(void) {
    long child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0) {
        syscall(SYS_kill, syscall(SYS_getpid), number);
        syscall(SYS_exit_group, 79);
    }
    int status;
    waitpid((pid_t)child, &status, 0);
    say_end("a clone", status);
}

static void every_way(int signal) {
    static const struct {
        const char *name;
        void (*play)(void);
    } ways[] = {
#define WAY(name) {#name, name},
        WAY(raises) WAY(kills) WAY(kills_its_thread) WAY(kills_by_number) WAY(queues)
            WAY(queues_to_its_thread) WAY(kills_its_group) WAY(kills_its_group_by_name)
                WAY(kills_another_thread) WAY(kills_from_another_thread) WAY(kills_when_main_has_ended)
                    WAY(blocks_and_unblocks) WAY(suspends) WAY(has_a_timer) WAY(fetches) WAY(ignores)
                        WAY(waits_unblocked) WAY(waits_unblocked_for_all) WAY(waits_unblocked_in_vain)
                            WAY(vforks) WAY(clones)
#undef WAY
    };
    number = signal;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        in_a_child(ways[i].name, ways[i].play);
}
SCENARIO(usr1_to_itself) {
    every_way(SIGUSR1);
}
SCENARIO(usr2_to_itself) {
    every_way(SIGUSR2);
}

/* Of those that a report is made on, other threads may run on while it is. */
static void most_ways(int signal) {
    void (*const ways[])(void) = {raises,
                                  kills,
                                  queues,
                                  kills_its_group,
                                  blocks_and_unblocks,
                                  suspends,
                                  has_a_timer,
                                  fetches,
                                  ignores,
                                  waits_unblocked,
                                  vforks,
                                  waits_unblocked_for_all,
                                  waits_unblocked_in_vain,
                                  clones};
    number = signal;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        in_a_child("a child", ways[i]);
}
SCENARIO(term_to_itself) {
    most_ways(SIGTERM);
}
SCENARIO(int_to_itself) {
    most_ways(SIGINT);
}
SCENARIO(alrm_to_itself) {
    most_ways(SIGALRM);
}

/* The first process of a PID namespace ignores signals at their default action. */
static void is_first(void) {
    if (unshare(CLONE_NEWPID) != 0) {
        SAY("no namespace to be had");
        return;
    }
    pid_t child = fork();
    if (child == 0) {
        setpgid(0, 0);
        for (int i = 0; i < 2; i++) {
            SAY("process %d", getpid());
            TELL(raise(number));
            TELL(kill(getpid(), number));
            TELL(kill(0, number));
        }
        pid_t second = fork();
        if (second == 0) {
            SAY("process %d", getpid());
            raise(number);
            _exit(80);
        }
        int status;
        waitpid(second, &status, 0);
        say_end("the second", status);
        _exit(81);
    }
    int status;
    waitpid(child, &status, 0);
    say_end("the first", status);
}
SCENARIO(the_first_process_of_a_namespace) {
    number = SIGUSR1;
    in_a_child("a child", is_first);
    number = SIGTERM;
    in_a_child("a child", is_first);
}

static void spawn(const char *how, int signal, bool to_default) {
    posix_spawnattr_t attributes;
    sigset_t set = one(signal);
    char words[64];
    snprintf(words, sizeof words, "kill -%d $$; echo it lives on", signal);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, to_default ? POSIX_SPAWN_SETSIGDEF : 0);
    posix_spawnattr_setsigdefault(&attributes, &set);
    pid_t child;
    int status, failed = posix_spawn(&child, "/bin/sh", NULL, &attributes,
                                     (char *[]){"sh", "-c", words, NULL}, environ);
    waitpid(child, &status, 0); /* before anything is said, for the child speaks too */
    SAY("posix_spawn %d", failed);
    say_end(how, status);
}
static void exec_in(pid_t child, int signal) {
    if (child == 0) {
        char words[64];
        snprintf(words, sizeof words, "kill -%d $$; echo it lives on", signal);
        execl("/bin/sh", "sh", "-c", words, NULL);
        _exit(126);
    }
    int status;
    waitpid(child, &status, 0);
    say_end("an exec", status);
}
static void handles(int signal) {
    SAY("handled %d", signal);
}
SCENARIO(children_that_exec_and_signal_themselves) {
    static const int signals[] = {SIGUSR1, SIGTERM, SIGINT, SIGALRM, SIGUSR2};
    void (*const before[])(int) = {SIG_DFL, SIG_IGN, handles};
    for (volatile size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        for (volatile size_t k = 0; k < sizeof before / sizeof *before; k++) {
            signal(signals[i], before[k]);
            SAY("signal %d, %s", signals[i], k == 0 ? "default" : k == 1 ? "ignored" : "handled");
            spawn("a spawned one", signals[i], false);
            spawn("one spawned at default", signals[i], true);
            exec_in(fork(), signals[i]);
            exec_in(vfork(), signals[i]);
        }
}

/* The stack in a handler. */
static volatile sig_atomic_t frames;
static void counts_frames(int signal) {
    void *addresses[64];
    frames = backtrace(addresses, 64);
    SAY("handler of %d: the frame above is of %s", signal, frames > 1 ? "something" : "nothing");
}
static void counts_frames_of_info(int signal, siginfo_t *info, void *context) {
    counts_frames(info && context ? signal : 0);
}
static sigjmp_buf back;
static void jumps(int signal) {
    siglongjmp(back, signal);
}
SCENARIO(the_stack_in_a_handler) {
    static const int signals[] = {SIGUSR1, SIGTERM, SIGINT, SIGALRM, SIGUSR2};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        signal(signals[i], counts_frames);
        raise(signals[i]);
        SAY("%d frames", (int)frames);
        sigaction(signals[i],
                  &(struct sigaction){.sa_sigaction = counts_frames_of_info, .sa_flags = SA_SIGINFO}, NULL);
        raise(signals[i]);
        SAY("%d frames", (int)frames);
        signal(signals[i], jumps);
        if (sigsetjmp(back, 1) == 0)
            raise(signals[i]);
        SAY("back");
    }
}
