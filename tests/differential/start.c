/* Tells what a program finds when it begins: in the first code of it that runs (its preinit array), in a
 * constructor of a library and of its own, and in main. To be compared with and without the preload. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fenv.h>
#include <limits.h>
#include <link.h>
#include <locale.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "../programs/older_libc.h"
#include "start_facts.h"

/* No fact may change another: texts are made in these, never in the heap. */
static char text[1 << 16], answer[1 << 15];
static size_t length;
static char **first_environ;

static const char *say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static const char *say(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    size_t at = strlen(answer);
    vsnprintf(answer + at, sizeof answer - at, format, arguments);
    va_end(arguments);
    return answer;
}
static const char *anew(void) {
    answer[0] = 0;
    return answer;
}
#define SAID(string) ((string) ?: "(none)")

static const char *contents(const char *path) {
    anew();
    int fd = open(path, O_RDONLY);
    ssize_t got = fd < 0 ? -1 : read(fd, answer, sizeof answer - 1);
    if (fd >= 0)
        close(fd);
    for (ssize_t i = 0; i < got; i++)
        if (answer[i] == '\n' || answer[i] == 0)
            answer[i] = ' ';
    answer[got < 0 ? 0 : got] = 0;
    return answer;
}
static const char *status_line(const char *name) {
    const char *found = strstr(contents("/proc/self/status"), name);
    if (!found)
        return "(none)";
    memmove(answer, found, strlen(found) + 1);
    char *next = strchr(answer + strlen(name), ':');
    while (next && next > answer && *next != ' ')
        *next-- = 0;
    return answer;
}
/* A field of /proc/PID/stat as a pointer: nothing in its second one has a space here. */
static unsigned long status_number(const char *path, int field) {
    const char *at = contents(path);
    while (--field > 0 && at)
        at = strchr(at + 1, ' ');
    return at ? strtoul(at, NULL, 10) : 0;
}
static const char *link_of(const char *path) {
    ssize_t got = readlink(path, (anew(), answer), sizeof answer - 1);
    answer[got < 0 ? 0 : got] = 0;
    return answer;
}
static const char *joined(const char *a, const char *b) {
    anew();
    return say("%s %s", a, b);
}

static sigset_t blocked(void) {
    sigset_t set;
    pthread_sigmask(SIG_SETMASK, NULL, &set);
    return set;
}
static sigset_t pending(void) {
    sigset_t set;
    sigpending(&set);
    return set;
}
static const char *signals_of(sigset_t set) {
    anew();
    for (int signal = 1; signal < NSIG; signal++)
        if (sigismember(&set, signal) == 1)
            say("%d ", signal);
    return answer;
}
static const char *dispositions(void) {
    static char mine[1 << 14];
    mine[0] = 0;
    for (int signal = 1; signal < NSIG; signal++) {
        struct sigaction action;
        if (sigaction(signal, NULL, &action) != 0)
            continue;
        bool by_default = action.sa_handler == SIG_DFL, ignored = action.sa_handler == SIG_IGN;
        if (!by_default || action.sa_flags)
            snprintf(mine + strlen(mine), sizeof mine - strlen(mine), "%d %s flags %x mask %s; ", signal,
                     by_default ? "default"
                     : ignored  ? "ignored"
                                : "handled",
                     action.sa_flags, signals_of(action.sa_mask));
    }
    return mine;
}
static const char *alternate_stack(void) {
    stack_t stack;
    sigaltstack(NULL, &stack);
    anew();
    return say("%p %zu %d", stack.ss_sp, stack.ss_size, stack.ss_flags);
}
static const char *interval_timers(void) {
    struct itimerval timer;
    anew();
    for (int which = ITIMER_REAL; which <= ITIMER_PROF; which++) {
        getitimer(which, &timer);
        say("%ld %ld; ", timer.it_value.tv_sec, timer.it_interval.tv_sec);
    }
    return answer;
}

static const char *environment(void) {
    anew();
    for (char **variable = environ; variable && *variable; variable++)
        if (strncmp(*variable, "LD_PRELOAD=", 11) != 0 && strncmp(*variable, "LEAKWATCH_OPTIONS=", 18) != 0)
            say("%s ", *variable);
    return answer;
}
static const char *auxiliary_vector(void) {
    static const unsigned long types[] = {AT_FLAGS, AT_UID,    AT_EUID,   AT_GID,    AT_EGID, AT_PAGESZ,
                                          AT_HWCAP, AT_HWCAP2, AT_CLKTCK, AT_SECURE, AT_PHNUM};
    anew();
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        say("%lu=%lx ", types[i], getauxval(types[i]));
    return say("%s %s", (const char *)getauxval(AT_EXECFN), SAID((const char *)getauxval(AT_PLATFORM)));
}

static const char *descriptors(void) {
    anew();
    for (int fd = 0; fd < 1024; fd++) {
        char path[64], target[512];
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        ssize_t got = readlink(path, target, sizeof target - 1);
        target[got < 0 ? 0 : got] = 0;
        if (got >= 0)
            say("%d %.*s flags %x; ", fd, (int)strcspn(target, ":"), target, fcntl(fd, F_GETFD));
    }
    return answer;
}
static int next_descriptor(void) {
    int fd = open("/dev/null", O_RDONLY);
    close(fd);
    return fd;
}
static const char *limits(void) {
    anew();
    for (int which = 0; which < RLIM_NLIMITS; which++) {
        struct rlimit limit;
        getrlimit((__rlimit_resource_t)which, &limit);
        say("%lx/%lx ", limit.rlim_cur, limit.rlim_max);
    }
    return answer;
}
static mode_t keep_umask(void) {
    mode_t mask = umask(0);
    umask(mask);
    return mask;
}
static int prctl_into(int option) {
    int value = -1;
    prctl(option, &value);
    return value;
}
static int processors(void) {
    cpu_set_t set;
    sched_getaffinity(0, sizeof set, &set);
    return CPU_COUNT(&set);
}
static int entries(const char *path) {
    char entry[4096];
    int fd = open(path, O_RDONLY | O_DIRECTORY), count = -2; /* . and .. */
    for (ssize_t got; (got = getdents64(fd, entry, sizeof entry)) > 0;)
        for (ssize_t at = 0; at < got; at += ((struct dirent64 *)(entry + at))->d_reclen)
            count++;
    close(fd);
    return count;
}

static int say_module(struct dl_phdr_info *module, size_t size, void *unused) {
    (void)size, (void)unused;
    const char *name = strrchr(module->dlpi_name, '/');
    say("%s ", name ? name + 1 : module->dlpi_name);
    return 0;
}
static const char *modules(void) {
    anew();
    dl_iterate_phdr(say_module, NULL);
    return answer;
}

static int cancel_state(void) {
    int before, unused;
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &before);
    pthread_setcancelstate(before, &unused);
    return before;
}
static int cancel_type(void) {
    int before, unused;
    pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &before);
    pthread_setcanceltype(before, &unused);
    return before;
}
static size_t default_stack(void) {
    pthread_attr_t attr;
    size_t size = 0;
    pthread_getattr_default_np(&attr);
    pthread_attr_getstacksize(&attr, &size);
    return size;
}
static unsigned first_key(void) {
    pthread_key_t key = UINT_MAX;
    if (pthread_key_create(&key, NULL) == 0)
        pthread_key_delete(key);
    return key;
}
static long first_timer(void) {
    timer_t timer = NULL;
    int made = timer_create(CLOCK_MONOTONIC, &(struct sigevent){.sigev_notify = SIGEV_NONE}, &timer);
    if (made == 0)
        timer_delete(timer);
    return __GLIBC_PREREQ(2, 34) ? (long)timer
                                 : made; /* before, an address in the heap, which is elsewhere each time */
}
static int all_keys(void) {
    pthread_key_t key;
    int count = 0;
    while (pthread_key_create(&key, NULL) == 0)
        count++;
    return count;
}
static int all_descriptors(void) {
    int count = 0;
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){256, 256});
    while (open("/dev/null", O_RDONLY) >= 0)
        count++;
    return count;
}

#define X(name, format, value) \
    length +=                  \
        (size_t)snprintf(text + length, sizeof text - length, "%s, " #name ": " format "\n", moment, value);
void tell_start(const char *moment, int error);
void tell_start(const char *moment, int error) {
    X(errno, "%d", error)
    FACTS(X)
    errno = error;
}
static void tell_last(const char *moment) {
    LAST_FACTS(X)
}
#undef X

static void in_preinit(int argc, char **argv, char **envp) {
    int error = errno;
    (void)argc, (void)argv;
    first_environ = envp;
    tell_start("before all constructors", error);
}
__attribute__((section(".preinit_array"), used)) static void (*const preinit)(int, char **,
                                                                              char **) = in_preinit;

__attribute__((constructor)) static void in_constructor(void) {
    tell_start("in a constructor", errno);
}

extern int start_library; /* so that it is linked to */

int main(void) {
    tell_start("in main", errno);
    tell_last("after all");
    for (size_t at = 0; at < length;) {
        ssize_t written = write(1, text + at, length - at);
        if (written <= 0)
            return 1;
        at += (size_t)written;
    }
    return start_library - 1;
}
