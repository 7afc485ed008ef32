/* Processes that are unlike most, most with two threads that wait for each other's lock. usage: odd WHAT; it says "up".
 *
 * vfork: main and a hundred others wait for children that have their memory, and cannot be interrupted. main_ended: it has. mappings, descriptors: many. unnamed: of a file that was never in a
 * directory. removed: of one that is in none any more. bytes: names of threads that are no words. joins: it makes threads and joins them, all the
 * time. executes: it becomes itself, all the time. handler: on a stack of its own, it wants what the thread has. namespaces: 30 deep. inherits: of locks with
 * priority inheritance, of which the kernel refuses one. plain. */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MANY = 60000 };
static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER, second = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t both;
static const char *self;

static void *left(void *unused) {
    pthread_mutex_lock(&first);
    pthread_barrier_wait(&both);
    pthread_mutex_lock(&second);
    return unused;
}

static void *right(void *unused) {
    pthread_mutex_lock(&second);
    pthread_barrier_wait(&both);
    pthread_mutex_lock(&first);
    return unused;
}

static void up(void) {
    if (write(STDOUT_FILENO, "up\n", 3) != 3)
        _exit(1);
}

static void wait_for_each_other(void) {
    pthread_t thread;
    pthread_barrier_init(&both, NULL, 3);
    pthread_create(&thread, NULL, left, NULL);
    pthread_create(&thread, NULL, right, NULL);
    pthread_barrier_wait(&both);
}

static void sleeps(void) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;)
        sleep(1000);
}

static void *has_child(void *unused) {
    if (vfork() == 0)
        sleeps();
    return unused;
}

static void do_vfork(void) {
    pthread_t thread;
    wait_for_each_other();
    for (int i = 0; i < 100; i++)
        pthread_create(&thread, NULL, has_child, NULL);
    if (vfork() == 0) {
        up();
        sleeps();
    }
}

static void do_main_ended(void) {
    wait_for_each_other();
    up();
    pthread_exit(NULL);
}

static void do_mappings(void) {
    wait_for_each_other();
    for (int i = 0; i < MANY; i++)
        mmap(NULL, 4096, i % 2 ? PROT_READ : PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void do_descriptors(void) {
    char byte;
    int ends[2], count = 0;
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (pipe(ends) != 0)
        _exit(1);
    while (count < MANY && dup(ends[0]) >= 0)
        count++;
    up();
    if (read(ends[0], &byte, 1) != 1)
        _exit(1);
}

static void do_unnamed(void) {
    struct stat status;
    int from = open("/proc/self/exe", O_RDONLY), to = memfd_create("unnamed", 0);
    char *arguments[] = {"unnamed", "plain", NULL};
    if (fstat(from, &status) == 0 && sendfile(to, from, NULL, (size_t)status.st_size) == status.st_size)
        fexecve(to, arguments, environ);
    _exit(1);
}

static void do_removed(void) {
    unlink(self);
    wait_for_each_other();
}

static void *is_called(void *name) {
    prctl(PR_SET_NAME, name);
    pthread_barrier_wait(&both);
    for (;;)
        pause();
    return NULL;
}

static void do_bytes(void) {
    static char *const names[] = {"\x1b[31mred", "a\nb", "\xff\xfe", "g\xc3\xb6\xc2\x9b",
                                  "x) S 1 (y",   "",     "\t\"\\<b>"};
    pthread_t thread;
    pthread_barrier_init(&both, NULL, sizeof names / sizeof *names + 1);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        pthread_create(&thread, NULL, is_called, names[i]);
    pthread_barrier_wait(&both);
}

static void *returns(void *unused) {
    return unused;
}

static void do_joins(void) {
    pthread_t thread;
    up();
    while (pthread_create(&thread, NULL, returns, NULL) == 0)
        pthread_join(thread, NULL);
}

static void do_executes(void) {
    if (getenv("ODD") == NULL)
        up();
    setenv("ODD", "again", 1);
    usleep(2000);
    execl("/proc/self/exe", self, "executes", NULL);
}

static void wants(int signal) {
    (void)signal;
    pthread_mutex_lock(&first);
}

static void do_handler(void) {
    stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536};
    struct sigaction action = {.sa_handler = wants, .sa_flags = SA_ONSTACK};
    sigaltstack(&stack, NULL);
    sigaction(SIGUSR2, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    pthread_mutex_lock(&first);
    up();
    raise(SIGUSR2);
}

static void do_inherits(void) {
    pthread_mutexattr_t inherits;
    pthread_mutexattr_init(&inherits);
    pthread_mutexattr_setprotocol(&inherits, PTHREAD_PRIO_INHERIT);
    pthread_mutex_init(&first, &inherits);
    pthread_mutex_init(&second, &inherits);
    wait_for_each_other();
}

static void do_namespaces(void) {
    for (int i = 0; i < 30; i++)
        if (unshare(CLONE_NEWUSER) != 0)
            break;
    wait_for_each_other();
}

int main(int count, char **arguments) {
    static const struct {
        const char *what;
        void (*act)(void);
    } acts[] = {{"vfork", do_vfork},           {"main_ended", do_main_ended},
                {"mappings", do_mappings},     {"descriptors", do_descriptors},
                {"unnamed", do_unnamed},       {"removed", do_removed},
                {"bytes", do_bytes},           {"joins", do_joins},
                {"executes", do_executes},     {"handler", do_handler},
                {"namespaces", do_namespaces}, {"inherits", do_inherits},
                {"plain", wait_for_each_other}};
    self = arguments[0];
    for (size_t i = 0; count == 2 && i < sizeof acts / sizeof *acts; i++)
        if (strcmp(arguments[1], acts[i].what) == 0)
            acts[i].act();
    up();
    for (;;)
        pause();
}
