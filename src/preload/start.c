/* Start-up, and the other side of fork. */
#include <errno.h>
#include <gnu/libc-version.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "arch/arch.h"
#include "capture/libc_locks.h"
#include "interpose/call.h"
#include "interpose/conditions.h"
#include "interpose/dispositions.h"
#include "interpose/guards.h"
#include "options.h"
#include "process.h"
#include "record/foreign.h"
#include "record/thread.h"
#include "record/wakes.h"
#include "report/launch.h"
#include "report/report.h"
#include "report/triggers.h"
#include "report/watcher.h"
#include "rt/clock.h"
#include "rt/own_descriptors.h"
#include "rt/table.h"
#include "rt/text.h"
#include "shared/glob.h"
#include "shared/libc_version.h"
#include "start.h"
#include "unwind/unwind.h"

/* The table is locked across fork, so that the child finds it whole. Our handlers were registered first: they
 * are the last before the fork and the first after it, and no code of the program's runs in between. Signals
 * are blocked so that no handler does either. */
static uint64_t fork_signals;
static bool fork_locked;

static void before_fork(void) {
    uint64_t signals;
    signals_block_all(&signals);
    fork_locked = table_lock();
    own_descriptors_before_fork();
    fork_signals = signals;
}

static void after_fork(void) {
    uint64_t signals = fork_signals;
    if (fork_locked)
        table_unlock();
    signals_restore(&signals);
}

static void after_fork_in_child(void) {
    uint64_t signals = fork_signals;
    process_forked();
    dispositions_forked();
    thread_forked(fork_locked);
    unwind_forked();
    wakes_forked();
    own_descriptors_forked();
    report_forked();
    triggers_forked();
    watcher_forked();
    if (fork_locked)
        table_lock_reset();
    signals_restore(&signals);
}

static const char *variable(char **envp, const char *name) {
    size_t length = strlen(name);
    for (; envp && *envp; envp++)
        if (strncmp(*envp, name, length) == 0 && (*envp)[length] == '=')
            return *envp + length + 1;
    return NULL;
}

/* dlopen here, before libc's own constructor has run, would run that one with no environment: glibc's dlopen
 * passes on what it has not been told yet (elf/dl-open.c, csu/init-first.c). So libunwind is loaded when the
 * program starts its main, or creates a thread if a constructor does that first. */
void start_late(void) {
    static int done;
    if (__atomic_exchange_n(&done, 1, __ATOMIC_ACQ_REL))
        return;
    int saved_errno = errno;
    clock_setup();
    conditions_setup();
    thread_setup_late();
    process.stacks = unwind_setup();
    libc_locks_setup();
    watcher_start();
    errno = saved_errno;
}

static bool has_begun;

/* dlsym may allocate here, dlopen in start_late; nothing after that does. */
static void begin(int argc, char **argv, char **envp) {
    if (__atomic_exchange_n(&has_begun, true, __ATOMIC_ACQ_REL))
        return;
    int saved_errno = errno;
    clock_mark_setup();
    guards_setup();
    calls_resolve_all();
    process_setup(argc, argv, envp);
    options_parse(variable(envp, "LEAKWATCH_OPTIONS"));
    if (options.reach != 0 && !FREEZES) {
        text_complain("reach is not ported to this processor: no proofs by reachability", NULL);
        options.reach = 0;
    }
    if (options.reach != 0 && !reach_knows_libc(gnu_get_libc_version())) {
        text_complain("reach knows glibc from 2.26 to 2.42, and this is ", gnu_get_libc_version(),
                      ": no proofs by reachability", NULL);
        options.reach = 0;
    }
    launch_setup();
    if (!glob_matches(options.program, process_name())) {
        options.stall = options.monitor = 0, options.metrics[0] = '\0';
        calls_step_aside();
        errno = saved_errno;
        return;
    }
    foreign_note();
    wakes_setup();
    thread_setup();
    pthread_atfork(before_fork, after_fork, after_fork_in_child);
    triggers_setup();
    errno = saved_errno;
}

/* The library is linked -z initfirst: this runs before any other constructor, libc's own included, which is why the environment is taken from
 * the arguments. */
__attribute__((constructor)) static void start(int argc, char **argv, char **envp) {
    begin(argc, argv, envp);
}

extern void *__libc_stack_end __attribute__((weak));

/* Of several libraries that want to be first one is, the last that is loaded (elf/dl-load.c, dl_initfirst): before glibc 2.34 that is libpthread. The number of
 * arguments, those, and the environment are where the kernel has put them (elf/dl-support.c, DL_STACK_END). */
void start_before_threads(void) {
    if (__builtin_expect(__atomic_load_n(&has_begun, __ATOMIC_ACQUIRE), 1) || !&__libc_stack_end ||
        !__libc_stack_end)
        return;
    long argc = *(long *)__libc_stack_end;
    char **argv = (char **)__libc_stack_end + 1;
    enum { ARGUMENTS_MAX = 1 << 24 };
    if (argc >= 0 && argc < ARGUMENTS_MAX && argv[argc] == NULL)
        begin((int)argc, argv, argv + argc + 1);
}
