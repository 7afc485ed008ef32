#include "waits.h"

#include "peek.h"

/* Fields of glibc's locks: __owner of a mutex, its __kind; __cur_writer of a read-write lock (nptl/pthreadP.h). */
enum { MUTEX_OWNER = 8, MUTEX_KIND = 16, RWLOCK_WRITER = 24 };
enum { MUTEX_ROBUST = 0x10, MUTEX_PI = 0x20, MUTEX_PP = 0x40, MUTEX_SHARED = 0x80 };

int32_t waits_owner(const struct image *image, const struct lw_snapshot_thread *thread) {
    switch (thread->kind) {
    case LW_WAIT_MUTEX:
        return (int32_t)(image_word(image, thread->object + MUTEX_OWNER) & UINT32_MAX);
    case LW_WAIT_RWLOCK_READ:
    case LW_WAIT_RWLOCK_WRITE:
        return (int32_t)(image_word(image, thread->object + RWLOCK_WRITER) & UINT32_MAX);
    case LW_WAIT_JOIN:
        return thread->owner;
    default:
        return 0;
    }
}

bool waits_in_memory(const struct wait_view *view, const struct lw_snapshot_thread *thread) {
    const struct image *image = view->marking->image;
    if (thread->flags & (LW_THREAD_SHARED | LW_THREAD_ROBUST | LW_THREAD_TIMED | LW_THREAD_FROM_PROC))
        return false;
    switch (thread->kind) {
    case LW_WAIT_MUTEX: /* the kernel hands a robust one on, and one that inherits priorities */
        return !(image_word(image, thread->object + MUTEX_KIND) &
                 (MUTEX_ROBUST | MUTEX_PI | MUTEX_PP | MUTEX_SHARED));
    case LW_WAIT_COND:
    case LW_WAIT_RWLOCK_READ:
    case LW_WAIT_RWLOCK_WRITE:
    case LW_WAIT_SEMAPHORE:
    case LW_WAIT_BARRIER:
        return thread->object != 0;
    case LW_WAIT_FUTEX: /* the kernel wakes who waits for the word of a thread that ends */
        return thread->object != 0 && !image->frozen.arranges_wakes &&
               !is_in_a_handle(view->marking, thread->object);
    case LW_WAIT_JOIN:
        return thread->owner != 0;
    default:
        return false;
    }
}

bool waits_is_handled(const struct wait_view *view, const struct lw_frozen_thread *frozen) {
    return (frozen->flags & LW_FROZEN_HANDLED) || view->program->signals_threads;
}

/* A jump from a handler leads to a frame of the thread's own, whose place in the stack live memory has. */
static bool may_jump(const struct wait_view *view, const struct lw_frozen_thread *frozen) {
    const struct end *end = ends_of(&view->marking->ends, frozen->handle);
    return !end || view->marking->edges->guard == 0 || end->jump.round == view->marking->round;
}

static bool is_known(const struct wait_view *view, const struct lw_frozen_thread *frozen) {
    const struct end *end = ends_of(&view->marking->ends, frozen->handle);
    return !end || end->known.round == view->marking->round;
}

/* A handler without SA_RESTART ends the wait for a semaphore or a futex; conditions and locks of glibc sleep on (signal(7)). Any handler
 * that is sent to just this thread may end it, pthread_exit(3), and any at all may cancel the thread that it runs in. */
bool waits_end_by_handler(const struct wait_view *view, const struct lw_frozen_thread *frozen,
                          const struct lw_snapshot_thread *thread) {
    const struct program *program = view->program;
    if (program->signals_by_number && program->ends_threads)
        return true;
    if (!waits_is_handled(view, frozen))
        return false;
    return thread->kind == LW_WAIT_SEMAPHORE || thread->kind == LW_WAIT_FUTEX || program->cancels ||
           (program->jumps && may_jump(view, frozen)) ||
           (program->signals_threads && program->ends_threads && is_known(view, frozen));
}

/* Of the waits that are looked at, these are no cancellation points (pthreads(7)). */
static bool is_cancellable(const struct lw_snapshot_thread *thread) {
    switch (thread->kind) {
    case LW_WAIT_MUTEX:
    case LW_WAIT_RWLOCK_READ:
    case LW_WAIT_RWLOCK_WRITE:
    case LW_WAIT_BARRIER:
        return false;
    default:
        return true;
    }
}

const struct end_place *waits_canceller(const struct wait_view *view, const struct lw_frozen_thread *frozen,
                                        const struct lw_snapshot_thread *thread) {
    const struct program *program = view->program;
    const struct end *end = ends_of(&view->marking->ends, frozen->handle);
    bool can = program->cancels && (program->cancels_anywhere || is_cancellable(thread));
    return can && end && end->known.round == view->marking->round ? &end->known : NULL;
}
