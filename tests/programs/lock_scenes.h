/* What threads of one process wait for of each other: locks, conditions, each other's end, a word. */
#pragma once

#include "scene.h"

static void await_begun(const struct scene *s) {
    while (!s->begun)
        usleep(1000);
}

static void set_up_mutex(struct scene *s) {
    pthread_mutex_init(&s->mutex, NULL);
    pthread_mutex_lock(&s->mutex);
    s->object = &s->mutex;
}
static void wake_by_unlocking(struct scene *s) {
    pthread_mutex_unlock(&s->mutex);
}
static void set_up_mtx(struct scene *s) {
    mtx_init(&s->mtx, mtx_timed);
    mtx_lock(&s->mtx);
    s->object = &s->mtx;
}
static void wake_by_mtx_unlock(struct scene *s) {
    mtx_unlock(&s->mtx);
}
static void set_up_rwlock(struct scene *s) {
    pthread_rwlock_init(&s->rwlock, NULL);
    pthread_rwlock_wrlock(&s->rwlock);
    s->object = &s->rwlock;
}
static void wake_by_rwlock_unlock(struct scene *s) {
    pthread_rwlock_unlock(&s->rwlock);
}
static void set_up_spin(struct scene *s) {
    pthread_spin_init(&s->spin, PTHREAD_PROCESS_PRIVATE);
    pthread_spin_lock(&s->spin);
    s->object = (const void *)&s->spin;
}
static void wake_by_spin_unlock(struct scene *s) {
    pthread_spin_unlock(&s->spin);
}
static void set_up_cond(struct scene *s) {
    pthread_mutex_init(&s->mutex, NULL);
    pthread_cond_init(&s->cond, NULL);
    s->object = &s->cond;
}
static void wake_by_cond(struct scene *s) {
    pthread_mutex_lock(&s->mutex);
    pthread_cond_signal(&s->cond);
    pthread_mutex_unlock(&s->mutex);
}
static void set_up_cnd(struct scene *s) {
    mtx_init(&s->mtx, mtx_plain);
    cnd_init(&s->cnd);
    s->object = &s->cnd;
}
static void wake_by_cnd(struct scene *s) {
    mtx_lock(&s->mtx);
    cnd_signal(&s->cnd);
    mtx_unlock(&s->mtx);
}
/* A condition that is waited for cannot be destroyed yet. */
static void *waits_for_cond(void *argument) {
    struct scene *s = argument;
    pthread_mutex_lock(&s->mutex);
    s->begun = true;
    pthread_cond_wait(&s->cond, &s->mutex);
    pthread_mutex_unlock(&s->mutex);
    return NULL;
}
static void set_up_waited_cond(struct scene *s) {
    set_up_cond(s);
    MUST(pthread_create(&s->target, NULL, waits_for_cond, s) == 0);
    await_begun(s);
    pthread_mutex_lock(&s->mutex);
    pthread_mutex_unlock(&s->mutex);
}
static void wake_by_cond_broadcast(struct scene *s) {
    pthread_cond_broadcast(&s->cond);
}
static int waits_for_cnd(void *argument) {
    struct scene *s = argument;
    mtx_lock(&s->mtx);
    s->begun = true;
    cnd_wait(&s->cnd, &s->mtx);
    mtx_unlock(&s->mtx);
    return 0;
}
static void set_up_waited_cnd(struct scene *s) {
    set_up_cnd(s);
    MUST(thrd_create(&s->target, waits_for_cnd, s) == thrd_success);
    await_begun(s);
    mtx_lock(&s->mtx);
    mtx_unlock(&s->mtx);
}
static void wake_by_cnd_broadcast(struct scene *s) {
    cnd_broadcast(&s->cnd);
}
static void set_up_sem(struct scene *s) {
    sem_init(&s->sem, 0, 0);
    s->object = &s->sem;
}
static void wake_by_post(struct scene *s) {
    sem_post(&s->sem);
}
static void set_up_barrier(struct scene *s) {
    pthread_barrier_init(&s->barrier, NULL, 2);
    s->object = &s->barrier;
}
static void wake_by_arriving(struct scene *s) {
    pthread_barrier_wait(&s->barrier);
}

/* A thread that lives until it is released: to be joined, or in the middle of a once routine. */
static _Thread_local struct scene *initialising;
static void routine_of_once(void) {
    initialising->begun = true;
    while (sem_wait(&initialising->release) != 0)
        ;
}
static void *lives(void *argument) {
    initialising = argument;
    routine_of_once();
    return NULL;
}
static int lives_c11(void *argument) {
    lives(argument);
    return 5;
}
static void *initialises(void *argument) {
    struct scene *s = initialising = argument;
    pthread_once(&s->once, routine_of_once);
    return NULL;
}
static void *initialises_c11(void *argument) {
    struct scene *s = initialising = argument;
    call_once(&s->flag, routine_of_once);
    return NULL;
}
static void set_up_joined(struct scene *s) {
    sem_init(&s->release, 0, 0);
    MUST(pthread_create(&s->target, NULL, lives, s) == 0);
}
static void set_up_joined_c11(struct scene *s) {
    sem_init(&s->release, 0, 0);
    MUST(thrd_create(&s->target, lives_c11, s) == thrd_success);
}
static void set_up_once(struct scene *s) {
    sem_init(&s->release, 0, 0);
    s->object = &s->once;
    MUST(pthread_create(&s->target, NULL, initialises, s) == 0);
    await_begun(s);
}
static void set_up_call_once(struct scene *s) {
    sem_init(&s->release, 0, 0);
    s->object = &s->flag;
    MUST(pthread_create(&s->target, NULL, initialises_c11, s) == 0);
    await_begun(s);
}
static void wake_by_release(struct scene *s) {
    sem_post(&s->release);
}

static void set_up_word(struct scene *s) {
    s->object = &s->word;
}
static void wake_by_futex(struct scene *s) {
    s->word = 1;
    syscall(SYS_futex, &s->word, FUTEX_WAKE_PRIVATE, 1);
}
