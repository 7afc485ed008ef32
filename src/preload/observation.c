#include "observation.h"

#include "claim.h"
#include "sys.h"

static struct observation as_member(const struct herd *herd, const struct herd_member *member) {
    struct observation seen = {.waits = true,
                               .by_record = true,
                               .wait = member->wait,
                               .word = {.state = KERNEL_SLEEPS, .number = SYS_futex},
                               .moves = member->moves,
                               .object = herd_object(herd, member)};
    seen.word.argument[0] = member->wait.on.object;
    return seen;
}

/* Reads record and kernel until both held still, a few times at most. */
struct observation observe_task(const struct tasks *tasks, const struct herd *herd, size_t index,
                                const struct thread *record) {
    struct observation seen = {0};
    const struct herd_member *member = herd_member(herd, index);
    if (member && __atomic_load_n(&record->moves, __ATOMIC_ACQUIRE) == member->moves)
        return as_member(herd, member);
    for (int attempt = 0; attempt < 3; attempt++) {
        seen.moves = record ? __atomic_load_n(&record->moves, __ATOMIC_ACQUIRE) : 0;
        seen.word = kernel_ask(tasks->directory, tasks->task[index].tid);
        seen.by_record = record && claim_read(record, &seen.word, &seen.wait);
        if (!record || __atomic_load_n(&record->moves, __ATOMIC_ACQUIRE) == seen.moves)
            break;
        seen.by_record = false;
    }
    seen.waits = seen.by_record || seen.word.state == KERNEL_SLEEPS;
    return seen;
}
