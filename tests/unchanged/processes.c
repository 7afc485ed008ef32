/* fork, vfork, exec, spawn, and what a program can see of processes that it did not make. */
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "scenario.h"

extern char **environ;

static void *waits_for_byte(void *pipe_end) {
    char byte;
    return read(*(int *)pipe_end, &byte, 1) == 1 ? NULL : pipe_end;
}

/* Threads that are blocked while others fork, and are let go at the end. */
static int blocked_ends[2];
static pthread_t blocked_thread;
static void block_a_thread(void) {
    if (pipe(blocked_ends) == 0)
        blocked_thread = begin_thread(waits_for_byte, &blocked_ends[0]);
    pass_ms(10);
}
static void let_it_go(void) {
    if (write(blocked_ends[1], "x", 1) == 1)
        TELL(pthread_join(blocked_thread, NULL));
}

SCENARIO(fork_in_a_threaded_program) {
    block_a_thread();
    for (int i = 0; i < 3; i++) {
        pid_t child = fork();
        if (child == 0) {
            /* the child makes threads of its own, and ends in three ways */
            int ends[2];
            if (pipe(ends) != 0)
                _exit(8);
            pthread_t thread = begin_thread(waits_for_byte, &ends[0]);
            if (write(ends[1], "x", 1) != 1 || pthread_join(thread, NULL) != 0)
                _exit(7);
            if (i == 0)
                _exit(4);
            if (i == 1)
                exit(5);
            abort();
        }
        int status;
        TELL(waitpid(child, &status, 0) == child);
        say_end("the child", status);
    }
    TELL(waitpid(-1, NULL, 0));
    let_it_go();
}

static void *forks(void *unused) {
    pid_t child = fork();
    if (child == 0) {
        SAY("in the child: alone");
        pthread_exit(unused); /* the last thread: the process ends with 0 */
    }
    int status;
    waitpid(child, &status, 0);
    say_end("the child of a thread", status);
    return NULL;
}
SCENARIO(fork_in_a_thread) {
    pthread_join(begin_thread(forks, NULL), NULL);
}

static volatile sig_atomic_t forked;
static void forks_in_handler(int number) {
    pid_t child = fork();
    if (child == 0)
        _exit(number);
    int status;
    waitpid(child, &status, 0);
    forked = WEXITSTATUS(status);
}
static void *brief(void *argument) {
    return argument;
}
SCENARIO(fork_in_a_handler) {
    sigaction(SIGALRM, &(struct sigaction){.sa_handler = forks_in_handler, .sa_flags = SA_RESTART}, NULL);
    block_a_thread();
    for (int i = 0; i < 20; i++) {
        ualarm(500, 0);
        for (int k = 0; k < 50; k++)
            pthread_join(begin_thread(brief, NULL), NULL);
    }
    pass_ms(2);
    SAY("forked, %d", (int)forked);
    let_it_go();
}

static int order;
static void prepares(void) {
    SAY("prepare %d", ++order);
}
static void in_parent(void) {
    siginfo_t ended; /* the child speaks first */
    waitid(P_ALL, 0, &ended, WEXITED | WNOWAIT);
    SAY("parent %d", ++order);
}
static void in_child(void) {
    SAY("child %d", ++order);
}
SCENARIO(the_programs_own_fork_handlers) {
    pthread_atfork(prepares, in_parent, in_child);
    pid_t child = fork();
    if (child == 0)
        exit(0);
    waitpid(child, NULL, 0);
}

SCENARIO(vfork_and_exec) {
    block_a_thread();
    pid_t child = vfork();
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", "exit 6", (char *)NULL);
        _exit(1);
    }
    int status;
    waitpid(child, &status, 0);
    say_end("vfork and exec", status);
    child = vfork();
    if (child == 0)
        _exit(2);
    waitpid(child, &status, 0);
    say_end("vfork and _exit", status);
    child = vfork();
    if (child == 0) {
        signal(SIGUSR1, SIG_IGN);
        signal(SIGTERM, SIG_DFL);
        execl("/nowhere", "nowhere", (char *)NULL);
        _exit(127);
    }
    waitpid(child, &status, 0);
    say_end("vfork and a failing exec", status);
    let_it_go();
}

SCENARIO(spawn_system_popen) {
    block_a_thread();
    pid_t child;
    char *words[] = {"sh", "-c", "exit 11", NULL};
    TELL(posix_spawn(&child, "/bin/sh", NULL, NULL, words, environ));
    int status;
    waitpid(child, &status, 0);
    say_end("a spawned one", status);
    TELL(posix_spawn(&child, "/nowhere", NULL, NULL, words, environ));
    say_end("system", system("exit 12"));
    FILE *stream = popen("echo from a pipe; exit 13", "r");
    char line[64];
    SAY("%s", fgets(line, sizeof line, stream) ? line : "nothing");
    say_end("popen", pclose(stream));
    let_it_go();
}

static void *executes(void *unused) {
    execl("/bin/sh", "sh", "-c", "echo executed; exit 14", (char *)NULL);
    return unused;
}
SCENARIO(exec_from_a_thread) {
    block_a_thread();
    pthread_join(begin_thread(executes, NULL), NULL);
}

SCENARIO(daemons) {
    int ends[2], go[2];
    char byte;
    if (pipe(ends) != 0 || pipe(go) != 0)
        return;
    pid_t child = fork();
    if (child == 0) {
        if (daemon(1, 1) != 0)
            _exit(1);
        pthread_t thread = begin_thread(waits_for_byte, &ends[0]);
        pass_ms(10);
        pthread_cancel(thread);
        pthread_join(thread, NULL);
        if (read(go[0], &byte, 1) != 1) /* until who started it has been told of */
            _exit(1);
        SAY("the daemon's thread was cancelled");
        exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    say_end("who started the daemon", status);
    close(ends[1]);
    if (write(go[1], "x", 1) != 1)
        return;
    TELL(read(ends[0], &byte, 1)); /* until the daemon has ended */
}

static volatile sig_atomic_t child_signals;
static void on_child(int number) {
    child_signals += number == SIGCHLD;
}
SCENARIO(no_child_is_seen_that_was_not_made) {
    signal(SIGCHLD, on_child);
    block_a_thread();
    TELL(waitpid(-1, NULL, WNOHANG));
    let_it_go();
    pass_ms(20);
    TELL(waitpid(-1, NULL, WNOHANG));
    SAY("%d children's signals", (int)child_signals);
}

static int count_in(const char *directory) {
    FILE *stream = popen(directory, "r");
    char line[64] = "";
    if (!fgets(line, sizeof line, stream))
        line[0] = '\0';
    pclose(stream);
    return atoi(line);
}
SCENARIO(no_thread_and_no_descriptor_is_added) {
    char command[128];
    snprintf(command, sizeof command, "ls /proc/%d/task | wc -l", getpid());
    SAY("%d threads", count_in(command));
    int fd = open("/dev/null", O_RDONLY);
    SAY("the next descriptor is %d", fd);
    snprintf(command, sizeof command, "ls /proc/%d/fd | wc -l", getpid());
    block_a_thread();
    /* popen closes its own end of the pipe when its child runs already: the fewest are what there is */
    int fewest = count_in(command);
    for (int i = 0; i < 10; i++) {
        int count = count_in(command);
        fewest = count < fewest ? count : fewest;
    }
    SAY("%d descriptors", fewest);
    let_it_go();
}

SCENARIO(exit_codes) {
    static const int codes[] = {0, 1, 23, 127, 128, 255, 256};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        for (int way = 0; way < 4; way++) {
            pid_t child = fork();
            if (child == 0) {
                if (way == 0)
                    exit(codes[i]);
                if (way == 1)
                    _exit(codes[i]);
                if (way == 2)
                    quick_exit(codes[i]);
                syscall(SYS_exit_group, codes[i]);
            }
            int status;
            waitpid(child, &status, 0);
            say_end("a child", status);
        }
}

static void *exits(void *status) {
    exit(*(int *)status);
}
SCENARIO(two_threads_call_exit) {
    static int status = 21;
    SAY("both");
    pthread_t a = begin_thread(exits, &status);
    begin_thread(exits, &status);
    pthread_join(a, NULL);
    exit(status);
}

static void first(void) {
    SAY("first registered");
}
static void last(void) {
    SAY("last registered");
}
static void with_status(int status, void *argument) {
    SAY("on_exit %d %d", status, *(int *)argument);
}
SCENARIO(exit_handlers_run_in_their_order) {
    static int value = 5;
    atexit(first);
    on_exit(with_status, &value);
    atexit(last);
    at_quick_exit(first);
    exit(17);
}

SCENARIO(setuid_and_dumpable) {
    block_a_thread();
    TELL(prctl(PR_SET_DUMPABLE, 0));
    TELL(setresgid(65534, 65534, 65534));
    TELL(setresuid(65534, 65534, 65534));
    SAY("%d %d", (int)getuid(), (int)geteuid());
    pass_ms(10);
    let_it_go();
}

SCENARIO(no_descriptors_left) {
    TELL(setrlimit(RLIMIT_NOFILE, &(struct rlimit){16, 16}));
    block_a_thread();
    while (open("/dev/null", O_RDONLY) >= 0)
        ;
    SAY("open: errno %d", errno);
    kill(getpid(), 0);
    let_it_go();
}

SCENARIO(little_address_space) {
    TELL(setrlimit(RLIMIT_AS, &(struct rlimit){200u << 20, 200u << 20}));
    for (int i = 0; i < 300; i++) {
        pthread_t thread = begin_thread(brief, &order);
        void *result;
        if (pthread_join(thread, &result) != 0 || result != &order)
            SAY("wrong join");
    }
    SAY("300 threads");
}

SCENARIO(a_subreaper) {
    TELL(prctl(PR_SET_CHILD_SUBREAPER, 1));
    pid_t child = fork();
    if (child == 0) {
        pid_t parent = getpid();
        if (fork() == 0) {
            while (getppid() == parent) /* which ends first */
                pass_ms(1);
            _exit(9);
        }
        _exit(8);
    }
    int status;
    for (int i = 0; i < 3; i++) {
        pid_t ended = waitpid(-1, &status, 0);
        if (ended < 0)
            SAY("errno %d", errno);
        else
            say_end("one", status);
    }
}
