/* All threads of a process sleep, and nothing can wake them. usage: asleep all | handler | blocked | heard | timed | second | orphan | forked | ended | vfork
 *        | old_call | shared | cloned | cloned_apart | passes | hands
 *
 * all: nothing but another of them could. handler: a signal handler might. blocked: all have its signal blocked. heard: but one. timed: one has a deadline. second: a thread runs and sleeps in
 * turns. orphan: the owner of a lock has ended. forked: a child that fork made wants a lock that the parent's thread had, which is no more; ended: the
 * main thread has ended. vfork: a thread waits for its child to start a program. old_call: one
 * sleeps in a call that 32-bit code makes. shared: a process that is none of its threads runs in its memory. cloned: such a one has the lock that main wants;
 * cloned_apart: it has a copy of that, and main wants what it has itself. passes: two threads wake each other, all the time.
 * hands: twenty hand on a lock, with a rest each. */
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static sem_t tokens;

static void *condition(void *unused) {
    static pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&own);
    pthread_cond_wait(&never, &own);
    return unused;
}

static void mask(int how) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(how, &signals, NULL);
}

static void *hears(void *unused) {
    mask(SIG_UNBLOCK);
    return condition(unused);
}

static void *timed(void *unused) {
    sleep(3600);
    return unused;
}

static void *turns(void *unused) {
    for (;;)
        usleep(1000);
    return unused;
}

/* The child has nothing to do but to hold up its parent. */
static void *forks(void *unused) {
    if (vfork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            pause();
    }
    return unused;
}

/* pause(2), whose number is shmget's in 64-bit code. */
static void *old_call(void *unused) {
#ifdef __x86_64__
    long result = 29;
    __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
#endif
    return unused;
}

static int stays(void *unused) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;)
        pause();
    return unused != NULL;
}

static void *takes(void *unused) {
    pthread_mutex_lock(&lock);
    return unused;
}

/* Its child's lock bears the number of who made it: the block of the thread is the child's too. */
static volatile bool held;

static int holds(void *unused) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    pthread_mutex_lock(&lock);
    held = true;
    return stays(unused);
}

static void *wants(void *unused) {
    pthread_mutex_lock(&lock);
    return unused;
}

static void handles(int signal) {
    (void)signal;
}

static void say(const char *words) {
    puts(words);
    fflush(stdout);
}

/* The parent's main thread has the lock, and the parent ends: the child's main thread, which is its copy, has it now. */
static void fork_with_lock(void) {
    pthread_t thread;
    pthread_mutex_lock(&lock);
    pid_t parent = getpid();
    if (fork() != 0)
        _exit(0);
    while (getppid() == parent)
        usleep(1000);
    pthread_create(&thread, NULL, wants, NULL);
    usleep(100000);
    printf("%d\n", (int)getpid());
    say("up");
    sleep(3600);
    pthread_mutex_unlock(&lock);
}

/* A turn is taken, and passed on. */
static void *passes(void *which) {
    static pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
    static pthread_cond_t turned[2] = {PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER};
    static bool turn;
    bool mine = which != NULL;
    for (;;) {
        pthread_mutex_lock(&own);
        while (turn != mine)
            pthread_cond_wait(&turned[mine], &own);
        turn = !mine;
        pthread_cond_signal(&turned[!mine]);
        pthread_mutex_unlock(&own);
    }
    return which;
}

static void *hands(void *unused) {
    for (;;) {
        pthread_mutex_lock(&lock);
        usleep(50);
        pthread_mutex_unlock(&lock);
        usleep(20);
    }
    return unused;
}

int main(int count, char **arguments) {
    const char *mode = count > 1 ? arguments[1] : "all";
    pthread_t thread;
    sem_init(&tokens, 0, 0);
    if (strcmp(mode, "forked") == 0)
        fork_with_lock();
    bool blocks = strcmp(mode, "blocked") == 0 || strcmp(mode, "heard") == 0;
    if (blocks || strcmp(mode, "handler") == 0)
        signal(SIGTERM, handles);
    if (blocks)
        mask(SIG_BLOCK);
    if (strcmp(mode, "heard") == 0)
        pthread_create(&thread, NULL, hears, NULL);
    if (strcmp(mode, "timed") == 0)
        pthread_create(&thread, NULL, timed, NULL);
    if (strcmp(mode, "second") == 0)
        pthread_create(&thread, NULL, turns, NULL);
    if (strcmp(mode, "shared") == 0) {
        static char stack[65536] __attribute__((aligned(16)));
        clone(stays, stack + sizeof stack, CLONE_VM | SIGCHLD, NULL);
    }
    if (strcmp(mode, "cloned") == 0 || strcmp(mode, "cloned_apart") == 0) {
        static char stack[65536] __attribute__((aligned(16)));
        clone(holds, stack + sizeof stack, (strcmp(mode, "cloned") == 0 ? CLONE_VM : 0) | SIGCHLD, NULL);
        pthread_create(&thread, NULL, turns, NULL);
        while (strcmp(mode, "cloned") == 0 && !held)
            usleep(1000);
        if (!held)
            pthread_mutex_lock(&lock);
        say("up");
        pthread_mutex_lock(&lock);
    }
    if (strcmp(mode, "passes") == 0) {
        say("up");
        pthread_create(&thread, NULL, passes, &tokens);
        passes(NULL);
    }
    if (strcmp(mode, "hands") == 0) {
        for (int i = 0; i < 20; i++)
            pthread_create(&thread, NULL, hands, NULL);
        say("up");
        pause();
    }
    if (strcmp(mode, "old_call") == 0)
        pthread_create(&thread, NULL, old_call, NULL);
    if (strcmp(mode, "vfork") == 0)
        pthread_create(&thread, NULL, forks, NULL);
    if (strcmp(mode, "orphan") == 0) {
        pthread_create(&thread, NULL, takes, NULL);
        pthread_join(thread, NULL);
        pthread_create(&thread, NULL, wants, NULL);
    }
    pthread_create(&thread, NULL, condition, NULL);
    say("up");
    if (strcmp(mode, "ended") == 0)
        pthread_exit(NULL);
    sem_wait(&tokens);
    return 0;
}
