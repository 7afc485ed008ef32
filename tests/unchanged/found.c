/* What main, and a constructor before it, find: the state of the process as it was handed to the program. */
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <locale.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "scenario.h"

extern char **environ;
extern int errno_at_main;
static int errno_in_constructor;
static char blocked_in_constructor[64];

static void status_line(const char *name, char *into, size_t room) {
    char line[256];
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0)
            snprintf(into, room, "%.60s", line);
    if (file)
        fclose(file);
}

__attribute__((constructor)) static void looks(void) {
    errno_in_constructor = errno;
    status_line("SigBlk", blocked_in_constructor, sizeof blocked_in_constructor);
    errno = errno_in_constructor;
}

/* The shim and what it needs; if it was built before glibc 2.34, also what is empty in later ones. */
static bool is_ours(const char *path) {
    return strstr(path, "leakwatch") || strstr(path, "libgcc_s") || strstr(path, "libunwind") ||
           strstr(path, "liblzma") || strstr(path, "libpthread.so") || strstr(path, "libdl.so");
}
static int counts_objects(struct dl_phdr_info *info, size_t size, void *count) {
    (void)size;
    *(int *)count += !is_ours(info->dlpi_name);
    return 0;
}

SCENARIO(what_main_finds) {
    SAY("errno %d in main, %d in a constructor", errno_at_main, errno_in_constructor);
    SAY("in the constructor: %s", blocked_in_constructor);
    static const char *const lines[] = {"SigBlk",   "SigPnd", "ShdPnd", "Threads",
                                        "Seccomp:", "VmLck",  "CapEff"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char line[64] = "";
        status_line(lines[i], line, sizeof line);
        SAY("%s", line);
    }
#if defined(__x86_64__)
    unsigned short control;
    unsigned vectors;
    __asm__("fnstcw %0" : "=m"(control));
    __asm__("stmxcsr %0" : "=m"(vectors));
    SAY("x87 %#x, mxcsr %#x", control, vectors & ~0x3fu);
#endif
    stack_t stack;
    TELL(sigaltstack(NULL, &stack));
    SAY("alternate stack: flags %d", stack.ss_flags);
    for (int fd = 0; fd < 1024; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            SAY("descriptor %d, flags %d", fd, fcntl(fd, F_GETFD));
    for (int i = 0; i < RLIM_NLIMITS; i++) {
        struct rlimit limit;
        getrlimit(i, &limit);
        SAY("limit %d: %lx %lx", i, (long)limit.rlim_cur, (long)limit.rlim_max);
    }
    for (int i = 1; i < 65; i++) {
        struct sigaction action;
        if (sigaction(i, NULL, &action) == 0 && (action.sa_handler != SIG_DFL || action.sa_flags != 0))
            SAY("signal %d: %s, flags %#x", i, action.sa_handler == SIG_IGN ? "ignored" : "other",
                action.sa_flags);
    }
    SAY("locale %s, umask %o, priority %d, policy %d", setlocale(LC_ALL, NULL), umask(0),
        getpriority(PRIO_PROCESS, 0), sched_getscheduler(0));
    for (char **variable = environ; *variable; variable++)
        if (!strstr(*variable, "LD_PRELOAD=") && !strstr(*variable, "LEAKWATCH_OPTIONS="))
            SAY("%s", *variable);
    SAY("secure %lu, flags %lu, page %lu, program %s", getauxval(AT_SECURE), getauxval(AT_FLAGS),
        getauxval(AT_PAGESZ), (const char *)getauxval(AT_EXECFN));
    char name[17] = "";
    prctl(PR_GET_NAME, name);
    int subreaper = -1, death = -1;
    prctl(PR_GET_CHILD_SUBREAPER, &subreaper);
    prctl(PR_GET_PDEATHSIG, &death);
    SAY("name %s, dumpable %d, slack %d, privileges %d, subreaper %d, parent's death %d, personality %x",
        name, prctl(PR_GET_DUMPABLE), prctl(PR_GET_TIMERSLACK), prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0),
        subreaper, death, personality(0xffffffff));
    for (int i = 0; i < 3; i++) {
        struct itimerval timer;
        getitimer(i, &timer);
        SAY("timer %d: %ld", i, timer.it_value.tv_sec);
    }
    TELL(wait(NULL));
    SAY("%s", dlerror() ? "an error of dlopen" : "no error of dlopen");
    int objects = 0;
    dl_iterate_phdr(counts_objects, &objects);
    SAY("%d objects, main thread %d, random %d", objects, getpid() == gettid(), rand());
    pthread_key_t key;
    pthread_key_create(&key, NULL);
    SAY("the first key is %u", key);
}
