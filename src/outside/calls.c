#include "calls.h"

#include <stdlib.h>
#include <string.h>

/* By what the functions are called in libc's tables of symbols, without the underscores before it and the version or the compiler's
 * suffix behind; sorted. Those that many calls end in (pthread_join in __pthread_clockjoin_ex) stand for what is called most. */
static const struct {
    const char *function;
    struct known_call call;
} table[] = {
#define PLAIN(name)             \
    {                           \
#name, {                \
#name, LW_WAIT_NONE \
        }                       \
    }
    PLAIN(accept),
    PLAIN(accept4),
    {"call_once", {"call_once", LW_WAIT_ONCE}},
    PLAIN(clock_nanosleep),
    {"cnd_timedwait", {"cnd_timedwait", LW_WAIT_COND}},
    {"cnd_wait", {"cnd_wait", LW_WAIT_COND}},
    PLAIN(connect),
    {"cxa_guard_acquire", {"__cxa_guard_acquire", LW_WAIT_GUARD}},
    PLAIN(epoll_pwait),
    PLAIN(epoll_wait),
    PLAIN(fcntl),
    {"fcntl64", {"fcntl", LW_WAIT_NONE}},
    PLAIN(flock),
    PLAIN(lockf),
    PLAIN(mq_receive),
    PLAIN(mq_send),
    PLAIN(mq_timedreceive),
    PLAIN(mq_timedsend),
    PLAIN(msgrcv),
    PLAIN(msgsnd),
    {"mtx_lock", {"mtx_lock", LW_WAIT_MUTEX}},
    {"mtx_timedlock", {"mtx_timedlock", LW_WAIT_MUTEX}},
    PLAIN(nanosleep),
    PLAIN(pause),
    PLAIN(poll),
    PLAIN(ppoll),
    PLAIN(pread),
    PLAIN(pread64),
    PLAIN(preadv),
    PLAIN(preadv64),
    PLAIN(pselect),
    {"pthread_barrier_wait", {"pthread_barrier_wait", LW_WAIT_BARRIER}},
    {"pthread_clockjoin_ex", {"pthread_join", LW_WAIT_JOIN}},
    {"pthread_clockjoin_np", {"pthread_clockjoin_np", LW_WAIT_JOIN}},
    {"pthread_cond_clockwait", {"pthread_cond_clockwait", LW_WAIT_COND}},
    {"pthread_cond_timedwait", {"pthread_cond_timedwait", LW_WAIT_COND}},
    {"pthread_cond_wait", {"pthread_cond_wait", LW_WAIT_COND}},
    {"pthread_join", {"pthread_join", LW_WAIT_JOIN}},
    {"pthread_mutex_clocklock", {"pthread_mutex_clocklock", LW_WAIT_MUTEX}},
    {"pthread_mutex_lock", {"pthread_mutex_lock", LW_WAIT_MUTEX}},
    {"pthread_mutex_timedlock", {"pthread_mutex_timedlock", LW_WAIT_MUTEX}},
    {"pthread_once", {"pthread_once", LW_WAIT_ONCE}},
    {"pthread_once_slow", {"pthread_once", LW_WAIT_ONCE}},
    {"pthread_rwlock_clockrdlock", {"pthread_rwlock_clockrdlock", LW_WAIT_RWLOCK_READ}},
    {"pthread_rwlock_clockwrlock", {"pthread_rwlock_clockwrlock", LW_WAIT_RWLOCK_WRITE}},
    {"pthread_rwlock_rdlock", {"pthread_rwlock_rdlock", LW_WAIT_RWLOCK_READ}},
    {"pthread_rwlock_timedrdlock", {"pthread_rwlock_timedrdlock", LW_WAIT_RWLOCK_READ}},
    {"pthread_rwlock_timedwrlock", {"pthread_rwlock_timedwrlock", LW_WAIT_RWLOCK_WRITE}},
    {"pthread_rwlock_wrlock", {"pthread_rwlock_wrlock", LW_WAIT_RWLOCK_WRITE}},
    {"pthread_timedjoin_np", {"pthread_timedjoin_np", LW_WAIT_JOIN}},
    PLAIN(pwrite),
    PLAIN(pwrite64),
    PLAIN(pwritev),
    PLAIN(read),
    PLAIN(readv),
    PLAIN(recv),
    PLAIN(recvfrom),
    PLAIN(recvmmsg),
    PLAIN(recvmsg),
    PLAIN(select),
    {"sem_clockwait", {"sem_clockwait", LW_WAIT_SEMAPHORE}},
    {"sem_timedwait", {"sem_timedwait", LW_WAIT_SEMAPHORE}},
    {"sem_wait", {"sem_wait", LW_WAIT_SEMAPHORE}},
    {"sem_wait_slow", {"sem_wait", LW_WAIT_SEMAPHORE}},
    {"sem_wait_slow64", {"sem_wait", LW_WAIT_SEMAPHORE}},
    PLAIN(semop),
    PLAIN(semtimedop),
    PLAIN(send),
    PLAIN(sendfile),
    PLAIN(sendfile64),
    PLAIN(sendmmsg),
    PLAIN(sendmsg),
    PLAIN(sendto),
    PLAIN(sigsuspend),
    PLAIN(sigtimedwait),
    PLAIN(sigwait),
    PLAIN(sigwaitinfo),
    PLAIN(sleep),
    PLAIN(splice),
    PLAIN(tee),
    {"thrd_join", {"thrd_join", LW_WAIT_JOIN}},
    PLAIN(thrd_sleep),
    PLAIN(usleep),
    PLAIN(vmsplice),
    PLAIN(wait),
    PLAIN(wait3),
    PLAIN(wait4),
    PLAIN(waitid),
    PLAIN(waitpid),
    PLAIN(write),
    PLAIN(writev),
#undef PLAIN
};

static int compare(const void *name, const void *row) {
    return strcmp(name, *(const char *const *)row);
}

/* "__GI___libc_recv" is recv, "__new_sem_wait" sem_wait, "___pthread_mutex_lock" and "pthread_mutex_lock@GLIBC_2.2.5" pthread_mutex_lock. */
static void clean(const char *function, char *name, size_t room) {
    static const char *const before[] = {"_", "GI_", "libc_", "new_", "old_"};
    for (size_t i = 0; i < sizeof before / sizeof *before;) {
        size_t length = strlen(before[i]);
        bool found = strncmp(function, before[i], length) == 0;
        function += found ? length : 0;
        i = found ? 0 : i + 1;
    }
    size_t length = strcspn(function, "@.");
    length = length < room ? length : room - 1;
    memcpy(name, function, length);
    name[length] = '\0';
}

static const struct known_call *call_named(const char *function) {
    char name[64];
    if (!function)
        return NULL;
    clean(function, name, sizeof name);
    const char *row = bsearch(name, table, sizeof table / sizeof *table, sizeof *table, compare);
    return row ? (const void *)(row + offsetof(__typeof__(table[0]), call)) : NULL;
}

bool calls_waits_for_mutex(struct unwinder *unwinder, const struct unwound *stack) {
    struct code_name code = {0};
    char name[64] = "";
    if (stack->count > 0)
        code = unwinder_name(unwinder, stack->frame[0], false);
    if (code.libc && code.name)
        clean(code.name, name, sizeof name);
    return strcmp(name, "lll_lock_wait") == 0;
}

bool calls_runs_once(const char *function) {
    const struct known_call *call = call_named(function);
    return call && call->kind == LW_WAIT_ONCE;
}

/* What the instruction before a return address has called: "call rel32", maybe into a table of jumps through memory, or "call *memory"
 * (Intel SDM, CALL and JMP; System V ABI for AMD64, 5.2). The address in memory is the function's by now, as it has been called. This names
 * the function that the program meant, also where that has jumped on into another, which has no name. 0: by something else. */
static uint64_t called_from(struct unwinder *unwinder, uint64_t site) {
    enum { CALL = 5, CALL_THROUGH = 6, JUMP = 32 };
    const struct target *target = unwinder_target(unwinder);
    unsigned char code[JUMP];
    uint64_t to = 0, slot = 0;
    int32_t distance;
    if (!target_has(target, site - CALL_THROUGH, code, CALL_THROUGH))
        return 0;
    memcpy(&distance, code + CALL_THROUGH - sizeof distance, sizeof distance);
    if (code[0] == 0xff && code[1] == 0x15)
        return target_has(target, site + (uint64_t)(int64_t)distance, &to, sizeof to) ? to : 0;
    if (code[1] != 0xe8)
        return 0;
    to = site + (uint64_t)(int64_t)distance;
    size_t size = target_read(target, to, code, sizeof code);
    for (size_t i = 0; i + 6 <= size && i <= 6; i++) { /* behind endbr64, and a prefix */
        if (code[i] != 0xff || code[i + 1] != 0x25)
            continue;
        memcpy(&distance, code + i + 2, sizeof distance);
        slot = to + i + 6 + (uint64_t)(int64_t)distance;
        return target_has(target, slot, &to, sizeof to) ? to : 0;
    }
    return to;
}

/* Many threads wait in the same places: what they are is found out once. */
enum { NOTE_MADE, NOTE_AT };
static const char nothing[1];

static const struct known_call *noted(const void **note) {
    return *note == nothing ? NULL : *note;
}

static const struct known_call *call_made_at(struct unwinder *unwinder, uint64_t site) {
    const void **note = &unwinder_notes(unwinder, site)[NOTE_MADE];
    if (!*note) {
        uint64_t function = called_from(unwinder, site);
        const struct known_call *call =
            function ? call_named(unwinder_name(unwinder, function, false).name) : NULL;
        *note = call ? (const void *)call : nothing;
    }
    return noted(note);
}

static const struct known_call *call_at(struct unwinder *unwinder, const struct unwound *stack, size_t at) {
    const void **note = &unwinder_notes(unwinder, stack->frame[at] - (at > 0))[NOTE_AT];
    if (!*note) {
        const struct known_call *call = call_named(unwinder_name(unwinder, stack->frame[at], at > 0).name);
        *note = call ? (const void *)call : nothing;
    }
    return noted(note);
}

/* In a static program nothing but the names tells where libc ends: of calls that are made of others (sleep, of nanosleep), the
 * outermost. */
static const struct known_call *find_in_static(struct unwinder *unwinder, const struct unwound *stack,
                                               size_t *depth) {
    enum { INNERMOST = 8 };
    const struct known_call *found = NULL;
    for (size_t i = 0; i < stack->count && i < INNERMOST && !stack->signal[i]; i++) {
        const struct known_call *call = call_at(unwinder, stack, i);
        if (call) {
            found = call;
            *depth = i;
        } else if (found) {
            break;
        }
    }
    /* what the program called may have jumped on into another (musl: pthread_mutex_lock) */
    const struct known_call *made = found && *depth + 1 < stack->count && !stack->signal[*depth + 1]
                                        ? call_made_at(unwinder, stack->frame[*depth + 1])
                                        : NULL;
    return made && made->kind == found->kind ? made : found;
}

const struct known_call *calls_find(struct unwinder *unwinder, const struct unwound *stack, bool is_static,
                                    size_t *depth) {
    if (is_static)
        return find_in_static(unwinder, stack, depth);
    size_t libc = 0;
    while (libc < stack->count && !stack->signal[libc] &&
           unwinder_name(unwinder, stack->frame[libc], libc > 0).libc)
        libc++;
    if (libc == stack->count)
        return NULL;
    /* a handler of the program's that has ended in a call to libc, and left no frame */
    if (stack->signal[libc]) {
        *depth = libc - 1;
        return libc > 0 ? call_at(unwinder, stack, libc - 1) : NULL;
    }
    /* the initialisation of a static variable of C++: libstdc++ makes the system call through syscall(2) */
    const struct known_call *next = call_at(unwinder, stack, libc);
    bool guard = next && next->kind == LW_WAIT_GUARD && libc <= 1;
    *depth = guard ? libc : libc - 1;
    if (guard || libc == 0)
        return guard ? next : NULL;
    const struct known_call *made = call_made_at(unwinder, stack->frame[libc]);
    if (!made && !(made = call_at(unwinder, stack, libc - 1)))
        return NULL;
    /* What libc calls back may end in a call to libc, without a frame of its own: it waits in the innermost. */
    for (size_t i = 0; i < libc; i++) {
        const struct known_call *inner = call_at(unwinder, stack, i);
        if (inner && inner->kind == made->kind)
            break;
        if (inner) {
            *depth = i;
            return inner;
        }
    }
    return made;
}
