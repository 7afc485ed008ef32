/* after_a_report children | small_stack: what a program does that has been asked for a report by itself.
 *
 * children: forks some that all end at the same moment, each with a thread that has leaked; tells their statuses.
 * small_stack: has an alternate signal stack of 4 KiB, or the least that there can be, for a handler of its own, when it is asked. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void *pauses(void *unused) {
    for (;;)
        pause();
    return unused;
}

static void ask(void) {
    syscall(SYS_kill, getpid(), SIGUSR1);
    usleep(200000);
}

static void children(void) {
    enum { ROUNDS = 5, CHILDREN = 8 };
    ask();
    for (int round = 0; round < ROUNDS; round++) {
        int go[2];
        if (pipe(go) != 0)
            exit(2);
        for (int i = 0; i < CHILDREN; i++)
            if (fork() == 0) {
                pthread_t thread;
                char byte;
                pthread_create(&thread, NULL, pauses, NULL);
                close(go[1]);
                exit(read(go[0], &byte, 1) != 0);
            }
        usleep(50000);
        close(go[0]);
        close(go[1]);
        for (int i = 0, status; i < CHILDREN && wait(&status) > 0; i++)
            dprintf(STDOUT_FILENO, "%d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    }
    _exit(0);
}

static void on_fault(int signal) {
    _exit(signal);
}

#ifdef __aarch64__
enum { SMALL = 5 * 1024 };
#else
enum { SMALL = 4 * 1024 };
#endif
static void small_stack(void) {
    static char room[SMALL];
    sigaction(SIGSEGV, &(struct sigaction){.sa_handler = on_fault, .sa_flags = SA_ONSTACK}, NULL);
    if (sigaltstack(&(stack_t){.ss_sp = room, .ss_size = sizeof room}, NULL) != 0)
        exit(2);
    for (int i = 0; i < 3; i++)
        ask();
}

int main(int count, char **arguments) {
    if (count == 2 && strcmp(arguments[1], "children") == 0)
        children();
    else
        small_stack();
    return 0;
}
