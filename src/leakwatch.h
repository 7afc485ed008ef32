/* leakwatch.h: a test program asks the preloaded leakwatch about its threads.
 *
 * One header, C99 and C++11 and later, nothing to link with: the functions are weak, so the same program runs
 * without the preload, where leakwatch_active() is 0, nothing is counted and nothing leaks.
 *
 *     leakwatch_mark_t mark = leakwatch_mark();
 *     run_the_test();
 *     assert(leakwatch_verify(mark, NULL) == 0);
 *
 * All functions may be called from any thread. None may be called from a signal handler. None changes errno.
 */
#ifndef LEAKWATCH_H
#define LEAKWATCH_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A moment and a test: threads that exist at a mark are no leaks. Those that the marking thread, and the
 * threads that it creates, and those that these create, make from then on belong to the mark until it is
 * verified; so tests that run at the same time in several threads each answer for their own. Marks of one
 * thread nest. */
typedef struct leakwatch_mark_t {
    unsigned long long created; /* threads created in the process until then */
    unsigned scope, outer;
} leakwatch_mark_t;

/* A thread that leaked. Strings are "" where nothing is known; they live until the callback returns. */
typedef struct leakwatch_leak_t {
    int tid;
    const char *name;
    const char *state;    /* "blocked", "waiting", "running", "spinning", "finished" */
    const char *wait;     /* "cond wait", "pipe read", ... */
    const char *verdict;  /* "deadlock", "stranded", "suspect", "idle", "none" */
    double seconds;       /* how long it has waited, or since it ended */
    const char *function; /* the innermost of the program's own on its stack */
    const char *file;
    int line;
    const char *creator_function; /* that created it */
    const char *creator_file;
    int creator_line;
} leakwatch_leak_t;

typedef struct leakwatch_options_t {
    size_t size;          /* sizeof(leakwatch_options_t): LEAKWATCH_OPTIONS sets it */
    unsigned patience_ms; /* how long threads may take to finish, at most; waiting ends early once none can.
                             Default 1000 */
    unsigned attempts;    /* how often to look, at most; 0, the default, is as often as it takes */
    const char *const
        *ignore; /* "kind:pattern", as in a suppression file, up to a NULL: at most 32. Default none */
    void (*each)(const leakwatch_leak_t *leak, void *context); /* called for each leak. Default none */
    void *context;
    int everyone; /* 1: threads count whoever created them, also those of other tests */
    int quiet;    /* 1: no report on stderr (or in log=) */
    unsigned
        reach; /* as the option of that name: 1 proves by reachability; 0, the default, does as the option says */
} leakwatch_options_t;

#define LEAKWATCH_OPTIONS \
    { sizeof(leakwatch_options_t), 1000, 0, NULL, NULL, NULL, 0, 0, 0 }

/* What the preloaded library defines. */
#if !defined(__GNUC__)
#error "leakwatch.h needs weak symbols: gcc or clang"
#endif
#define LEAKWATCH_WEAK __attribute__((weak))
extern const char *leakwatch_preloaded_version(void) LEAKWATCH_WEAK;
extern unsigned leakwatch_preloaded_live(void) LEAKWATCH_WEAK;
extern void leakwatch_preloaded_mark(leakwatch_mark_t *mark) LEAKWATCH_WEAK;
extern int leakwatch_preloaded_verify(const leakwatch_mark_t *mark,
                                      const leakwatch_options_t *options) LEAKWATCH_WEAK;
extern int leakwatch_preloaded_report(const char *format, int fd) LEAKWATCH_WEAK;

/* The address of one of them, NULL without the preload. In a program that is linked to a fixed address
 * (-no-pie) the linker itself makes a weak symbol that it does not find NULL, unless it is only asked for
 * through the table that the loader fills in. */
#if defined(__x86_64__)
#define LEAKWATCH_FIND(name)                                                            \
    __extension__({                                                                     \
        __typeof__(&name) found;                                                        \
        __asm__(".weak " #name "\n\tmovq " #name "@GOTPCREL(%%rip), %0" : "=r"(found)); \
        found;                                                                          \
    })
#else
#define LEAKWATCH_FIND(name) (&name)
#endif

/* 1 if the program runs under leakwatch. */
static inline int leakwatch_active(void) {
    return LEAKWATCH_FIND(leakwatch_preloaded_live) != NULL;
}

/* The version of the preloaded library ("0.2.0"), as leakwatch --version tells the tool's; NULL without leakwatch. May be called
 * from anywhere, a signal handler too. */
static inline const char *leakwatch_version(void) {
    __typeof__(&leakwatch_preloaded_version) version = LEAKWATCH_FIND(leakwatch_preloaded_version);
    return version ? version() : NULL;
}

/* Threads of the process that are alive, main included; 0 without leakwatch. */
static inline unsigned leakwatch_live(void) {
    __typeof__(&leakwatch_preloaded_live) live = LEAKWATCH_FIND(leakwatch_preloaded_live);
    return live ? live() : 0;
}

/* From now on, threads that the caller creates belong to the mark. */
static inline leakwatch_mark_t leakwatch_mark(void) {
    leakwatch_mark_t mark = {0, 0, 0};
    __typeof__(&leakwatch_preloaded_mark) make = LEAKWATCH_FIND(leakwatch_preloaded_mark);
    if (make)
        make(&mark);
    return mark;
}

/* Waits for the mark's threads to finish and tells how many did not, or ended and were not joined; -1 if that
 * could not be found out, which is said on stderr. Prints a report of them. Takes some microseconds when
 * there are none. To be called by the thread that marked; the mark is then used up. options: NULL for the
 * defaults. */
static inline int leakwatch_verify(leakwatch_mark_t mark, const leakwatch_options_t *options) {
    __typeof__(&leakwatch_preloaded_verify) verify = LEAKWATCH_FIND(leakwatch_preloaded_verify);
    return verify ? verify(&mark, options) : 0;
}

/* Writes a report of all threads, in a format (text, json, github, snapshot), to a descriptor. 0 if it was
 * written, else -1. */
static inline int leakwatch_report(const char *format, int fd) {
    __typeof__(&leakwatch_preloaded_report) report = LEAKWATCH_FIND(leakwatch_preloaded_report);
    return report ? report(format, fd) : -1;
}

#ifdef __cplusplus
}
#endif
#endif
