/* Start-up, and the other side of fork. */
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "conditions.h"
#include "launch.h"
#include "options.h"
#include "process.h"
#include "report.h"
#include "table.h"
#include "text.h"
#include "thread.h"
#include "triggers.h"
#include "unwind.h"
#include "wait.h"

static struct table_guard fork_guard;

/* The table is locked across fork, so that the child finds it whole. Our handlers were registered first: they
 * are the last before the fork and the first after it, and no code of the program's runs in between. */
static void before_fork(void) {
    struct table_guard guard;
    table_lock(&guard);
    fork_guard = guard;
}

static void after_fork(void) {
    struct table_guard guard = fork_guard;
    table_unlock(&guard);
}

static void after_fork_in_child(void) {
    process_forked();
    thread_forked();
    unwind_forked();
    conditions_forked();
    report_forked();
    triggers_forked();
    struct table_guard guard = fork_guard;
    table_lock_reset();
    table_unlock(&guard);
}

static const char *variable(char **envp, const char *name) {
    size_t length = strlen(name);
    for (; envp && *envp; envp++)
        if (strncmp(*envp, name, length) == 0 && (*envp)[length] == '=')
            return *envp + length + 1;
    return NULL;
}

/* The library is linked -z initfirst: this runs before any other constructor, libc's own included, which is
 * why the environment is taken from the arguments. dlopen, dlsym and pthread_key_create may allocate here
 * (libunwind's address space is the largest); nothing after this does. */
__attribute__((constructor)) static void start(int argc, char **argv, char **envp) {
    calls_resolve_all();
    process_setup(argc, argv, envp);
    options_parse(variable(envp, "LEAKWATCH_OPTIONS"));
    process.stacks = unwind_setup();
    thread_setup();
    launch_setup();
    pthread_atfork(before_fork, after_fork, after_fork_in_child);
    if (text_glob(options.program, process_name()))
        triggers_setup();
}
