/* The objects that locks.c plays on: how each type of each family is made. */
#pragma once

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <threads.h>

#include "lock_rows.h"

/* One object, with those that a call on it needs besides; and the arguments. */
struct cell {
    int type;
    clockid_t clock;
    const struct timespec *until;
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    mtx_t mtx;
    cnd_t cnd;
    pthread_rwlock_t rwlock;
    pthread_spinlock_t spin;
    sem_t sem;
    pthread_barrier_t barrier;
    pthread_once_t once;
    once_flag flag;
    pthread_t thread;
    volatile pid_t tid; /* of thread */
    bool ended, gone;   /* thread has ended; and its handle is no longer one */
    void *value;
    int code;
};

enum { PROTOCOLS = 3, KINDS = 4 };
static const struct {
    const char *name;
    int value;
} kinds[KINDS] = {{"normal", PTHREAD_MUTEX_NORMAL},
                  {"recursive", PTHREAD_MUTEX_RECURSIVE},
                  {"errorcheck", PTHREAD_MUTEX_ERRORCHECK},
                  {"adaptive", PTHREAD_MUTEX_ADAPTIVE_NP}},
  protocols[PROTOCOLS] = {{"", PTHREAD_PRIO_NONE},
                          {" inherit", PTHREAD_PRIO_INHERIT},
                          {" protect", PTHREAD_PRIO_PROTECT}},
  rwlock_kinds[] = {{"prefer reader", PTHREAD_RWLOCK_PREFER_READER_NP},
                    {"prefer writer", PTHREAD_RWLOCK_PREFER_WRITER_NP},
                    {"prefer writer nonrecursive", PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP}};
static bool is_robust(int type) {
    return type / KINDS % 2;
}
static int protocol_of(int type) {
    return type / KINDS / 2 % PROTOCOLS;
}
static bool is_shared(int type) {
    return type / KINDS / 2 / PROTOCOLS;
}

static void init_mutex(struct cell *c) {
    enum { CEILING = 5 };
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, kinds[c->type % KINDS].value);
    pthread_mutexattr_setrobust(&attr, is_robust(c->type) ? PTHREAD_MUTEX_ROBUST : PTHREAD_MUTEX_STALLED);
    pthread_mutexattr_setprotocol(&attr, protocols[protocol_of(c->type)].value);
    if (protocols[protocol_of(c->type)].value == PTHREAD_PRIO_PROTECT)
        pthread_mutexattr_setprioceiling(&attr, CEILING);
    pthread_mutexattr_setpshared(&attr,
                                 is_shared(c->type) ? PTHREAD_PROCESS_SHARED : PTHREAD_PROCESS_PRIVATE);
    pthread_mutex_init(&c->mutex, &attr);
}

static void init_cond(struct cell *c, bool monotonic, bool shared) {
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, monotonic ? CLOCK_MONOTONIC : CLOCK_REALTIME);
    pthread_condattr_setpshared(&attr, shared);
    pthread_cond_init(&c->cond, &attr);
}

static void init_rwlock(struct cell *c) {
    pthread_rwlockattr_t attr;
    pthread_rwlockattr_init(&attr);
    pthread_rwlockattr_setkind_np(&attr, rwlock_kinds[c->type % 3].value);
    pthread_rwlockattr_setpshared(&attr, c->type / 3);
    pthread_rwlock_init(&c->rwlock, &attr);
}

static void init_barrier(struct cell *c, unsigned count) {
    pthread_barrierattr_t attr;
    pthread_barrierattr_init(&attr);
    pthread_barrierattr_setpshared(&attr, c->type);
    pthread_barrier_init(&c->barrier, &attr, count);
}

enum family {
#define X(family, types) family,
    LOCK_FAMILIES(X)
#undef X
};

static void init_objects(struct cell *c, enum family family) {
    if (family == MUTEX)
        init_mutex(c);
    init_cond(c, family == COND && c->type % 2, family == COND && c->type / 2);
    if (family == MTX)
        mtx_init(&c->mtx, c->type); /* the flags themselves: mtx_recursive is 1, mtx_timed 2 */
    cnd_init(&c->cnd);
    if (family == RWLOCK)
        init_rwlock(c);
    pthread_spin_init(&c->spin, family == SPIN && c->type);
    sem_init(&c->sem, family == SEM && c->type, 0);
    if (family == BARRIER)
        init_barrier(c, 2);
}

static void say_type(enum family family, int type) {
    if (family == MUTEX)
        printf("%s%s%s%s", kinds[type % KINDS].name, is_robust(type) ? " robust" : "",
               protocols[protocol_of(type)].name, is_shared(type) ? " shared" : "");
    else if (family == RWLOCK)
        printf("%s%s", rwlock_kinds[type % 3].name, type / 3 ? " shared" : "");
    else if (family == MTX)
        printf("%s%s", type & mtx_timed ? "timed" : "plain", type & mtx_recursive ? " recursive" : "");
    else if (family == COND)
        printf("%s%s", type % 2 ? "monotonic" : "realtime", type / 2 ? " shared" : "");
    else
        printf("%s", type ? "shared" : "private");
}
