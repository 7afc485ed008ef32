#include "observation.h"

#include "rt/clock.h"
#include "rt/sys.h"
#include "wait_check.h"

static struct observation as_member(const struct waiter_batches *batches,
                                    const struct batched_waiter *member) {
    struct observation seen = {.waits = true,
                               .by_record = true,
                               .wait = member->wait,
                               .kernel = {.state = KERNEL_SLEEPS, .number = member->wait.call->syscalls[0]},
                               .moves = member->moves,
                               .member = member,
                               .object = batched_object(batches, member),
                               .cpu_ns = member->cpu_ns};
    if (seen.kernel.number == SYSCALL_READ)
        seen.kernel.number = SYS_read;
    seen.kernel.argument[0] = member->wait.on.object;
    return seen;
}

static bool holds_still(const struct batched_waiter *member, const struct task *task,
                        const struct thread *record) {
    return thread_moves(record) == member->moves &&
           (member->cpu_ns == 0 || clock_of_thread(task->tid) == member->cpu_ns);
}

/* Reads record and kernel until both held still, a few times at most. */
struct observation observe_task(const struct tasks *tasks, const struct waiter_batches *batches, size_t index,
                                const struct thread *record) {
    struct observation seen = {0};
    const struct batched_waiter *member = batched_waiter(batches, index);
    if (member && holds_still(member, &tasks->task[index], record))
        return as_member(batches, member);
    for (int attempt = 0; attempt < 3; attempt++) {
        seen.moves = record ? thread_moves(record) : 0;
        seen.kernel = kernel_ask(tasks->directory, tasks->task[index].tid);
        seen.by_record = record && wait_check(record, &seen.kernel, &seen.wait);
        if (!record || thread_moves(record) == seen.moves)
            break;
        seen.by_record = false;
    }
    seen.waits = seen.by_record || seen.kernel.state == KERNEL_SLEEPS;
    return seen;
}
