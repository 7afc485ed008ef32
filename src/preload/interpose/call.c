#include "call.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>

/* The linker's names for the ends of the table (ld(1), "__start_SECNAME"). */
extern struct call __start_leakwatch_calls[], __stop_leakwatch_calls[];

/* Are two functions of one object? dladdr goes through all symbols of it (elf/dl-addr.c). */
static bool same_object(void *a, void *b) {
    Dl_info of_a, of_b;
    return a == b || (dladdr(a, &of_a) && dladdr(b, &of_b) && of_a.dli_fbase == of_b.dli_fbase);
}

static void *look_up(const struct call *call) {
    void *real = dlsym(RTLD_NEXT, call->name);
    void *versioned = call->version ? dlvsym(RTLD_NEXT, call->name, call->version) : NULL;
    /* Before glibc 2.36 dlsym(RTLD_NEXT) gave the oldest version of a symbol (glibc bug 14932). But where
     * another shim, or a sanitizer, stands between us and libc, it is the one to call: it knows no versions.
     */
    if (versioned && (!real || call->exact || same_object(real, versioned)))
        real = versioned;
    return real;
}

/* Until glibc 2.34 dlsym itself calls pthread_once, by way of us, once in a process (dlfcn/dlerror.c): then that cannot be looked up first. It is
 * done as glibc does it (nptl/pthread_once.c), with nobody else there yet. */
static int once_within_dlsym(pthread_once_t *control, void (*routine)(void)) {
    enum { DONE = 2 };
    if (!(__atomic_load_n(control, __ATOMIC_ACQUIRE) & DONE)) {
        routine();
        __atomic_store_n(control, DONE, __ATOMIC_RELEASE);
    }
    return 0;
}

void *call_resolve(struct call *call) {
    static bool once;
    bool is_once = call->kind == LW_WAIT_ONCE;
    if (is_once && __atomic_exchange_n(&once, true, __ATOMIC_ACQ_REL))
        return (void *)once_within_dlsym;
    void *real = look_up(call);
    if (is_once)
        __atomic_store_n(&once, false, __ATOMIC_RELEASE);
    if (!real)
        return (void *)call_missing;
    __atomic_store_n(call->real, real, __ATOMIC_RELEASE);
    return real;
}

bool calls_stand_aside HOT;
bool calls_reach_libc HOT;

void calls_step_aside(void) {
    calls_stand_aside = true;
    calls_reach_libc = false; /* what asks it first asks no more */
}

/* The mutex is what such libraries always stand before. */
static bool reach_libc(void) {
    void *lock = dlsym(RTLD_NEXT, "pthread_mutex_lock"), *libc = dlsym(RTLD_NEXT, "gnu_get_libc_version");
    return lock && libc && same_object(lock, libc);
}

int call_missing(void) {
    errno = ENOSYS;
    return -1;
}

void calls_resolve_all(void) {
    for (struct call *call = __start_leakwatch_calls; call < __stop_leakwatch_calls; call++)
        if (!call->late)
            call_resolve(call);
    calls_reach_libc = reach_libc();
    dlerror(); /* what this libc does not have is no error of the program's */
}

bool call_is_known(const struct call *call) {
    uintptr_t offset = (uintptr_t)call - (uintptr_t)__start_leakwatch_calls;
    return offset < (uintptr_t)__stop_leakwatch_calls - (uintptr_t)__start_leakwatch_calls &&
           offset % sizeof *call == 0;
}
