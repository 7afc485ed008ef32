#include "liveness.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "ending.h"
#include "observation.h"
#include "process.h"
#include "rt/clock.h"
#include "rt/sys.h"
#include "wait_check.h"
#include "waiter_batch.h"

/* Whether and how a thread sleeps. */
struct sleep {
    bool alive;
    bool asleep;
    bool untimed;   /* sleeps in a call that has no deadline */
    uint64_t since; /* CLOCK_MONOTONIC ns when it began, if untimed; 0 if not known */
    uint64_t moves; /* differs from an earlier look if the thread's wait does */
};
static struct sleep sleep_of(const struct tasks *tasks, size_t index, const struct waiter_batches *batches,
                             struct clock_reading now) {
    struct observation seen = observe_task(tasks, batches, index, tasks->task[index].record);
    struct sleep sleep = {.alive = seen.kernel.state != KERNEL_GONE, .moves = seen.moves};
    if (!seen.waits)
        return sleep;
    sleep.asleep = true;
    if (seen.by_record) {
        sleep.untimed = !wait_is_timed(&seen.wait.on);
        sleep.since = clock_of_mark(seen.wait.started, now);
    } else {
        const struct sleeping_call *call = sleeping_call_of(seen.kernel.number, seen.kernel.argument);
        struct waited_for on = {.timeout_form = TIMEOUT_NONE};
        if (call)
            on = wait_of_call(call, seen.kernel.argument);
        sleep.untimed = seen.kernel.number >= 0 && !wait_is_timed(&on);
        sleep.moves += (uint64_t)seen.kernel.number + seen.kernel.sp;
        struct scheduler_clock scheduler = {0};
        if (sleep.untimed)
            sleep.since = kernel_last_ran(tasks->directory, tasks->task[index].tid, &scheduler);
    }
    return sleep;
}

static bool is_looked_at(const struct tasks *tasks, size_t index, const struct scope *scope, int caller,
                         struct clock_reading now) {
    const struct thread *record = tasks->task[index].record;
    if (tasks->task[index].tid == caller || tasks_has_exited(tasks, index))
        return false;
    if (scope && (!record || !scope_has(scope, record)))
        return false;
    return !record || !ends_soon(tasks, record, now);
}

static void count_sleep(struct liveness *result, int tid, const struct sleep *sleep, uint64_t now) {
    result->others++;
    result->unmoved += sleep->untimed;
    result->waiting += sleep->asleep && !sleep->untimed;
    uint64_t slept = sleep->untimed && sleep->since != 0 && sleep->since < now ? now - sleep->since : 0;
    if (slept > result->longest)
        result->longest = slept;
    if (slept > result->longest_but_main && tid != process.pid)
        result->longest_but_main = slept;
    result->digest = (result->digest ^ (sleep->moves + (uint64_t)tid)) * 0x9e3779b97f4a7c15u;
}

static uint32_t count_unjoined(const struct tasks *tasks, const struct scope *scope,
                               struct clock_reading now) {
    uint32_t count = 0;
    for (struct thread *record = thread_first(); record; record = record->next) {
        if (!thread_is_joinable(record) || (scope && !scope_has(scope, record)))
            continue;
        count += exit_notice_given(&record->notice) || ends_soon(tasks, record, now);
    }
    return count;
}

/* A directory has a link more for each directory in it, here one a thread (kernel: fs/proc/base.c, proc_task_getattr). */
bool liveness_alone(void) {
    enum { LINKS = 3 };
    struct stat status;
    struct thread *first = thread_first();
    return first && first == thread_current && !first->next &&
           sys_call(SYS_newfstatat, AT_FDCWD, "/proc/self/task", &status, 0) == 0 && status.st_nlink == LINKS;
}

struct liveness liveness_look(const struct scope *scope) {
    struct liveness result = {0};
    struct tasks tasks = tasks_list();
    struct clock_reading now = clock_reading();
    int caller = (int)sys_call(SYS_gettid);
    struct waiter_batches batches = waiter_batches_find(&tasks, caller, false);
    bool gone = false;
    for (size_t i = 0; i < tasks.count || (gone && tasks_complete(&tasks)); i++) {
        if (!is_looked_at(&tasks, i, scope, caller, now))
            continue;
        struct sleep sleep = sleep_of(&tasks, i, &batches, now);
        if (sleep.alive)
            count_sleep(&result, tasks.task[i].tid, &sleep, now.ns);
        gone |= !sleep.alive;
    }
    result.unjoined = count_unjoined(&tasks, scope, now);
    waiter_batches_drop(&batches);
    tasks_drop(&tasks);
    return result;
}
