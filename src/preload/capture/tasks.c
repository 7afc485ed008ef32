#include "tasks.h"

#include <string.h>
#include <sys/stat.h>

#include "process.h"
#include "rt/memory.h"
#include "rt/own_descriptors.h"
#include "rt/sys.h"
#include "rt/text.h"

enum { LISTING = 32 * 1024 };

/* A directory has two links and one for each in it; here that is one a thread (kernel: fs/proc/base.c,
 * proc_task_getattr). */
size_t tasks_now(const struct tasks *tasks) {
    struct stat status;
    if (tasks->directory < 0 || sys_call(SYS_fstat, tasks->directory, &status) != 0 || status.st_nlink < 3)
        return 0;
    return status.st_nlink - 2;
}

size_t tasks_hidden(void) {
    return process.hidden_tid != 0 && !__atomic_load_n(&process.hidden_ends, __ATOMIC_SEQ_CST);
}

/* Twice the threads there are now. */
static size_t capacity_for_tasks(const struct tasks *tasks) {
    size_t count = tasks_now(tasks);
    for (struct thread *record = thread_first(); record; record = record->next)
        count++;
    return 2 * count + 1024;
}

static void list_from_kernel(struct tasks *tasks, size_t room) {
    char *listing = memory_map(LISTING);
    long length;
    while (listing && (length = sys_call(SYS_getdents64, tasks->directory, listing, LISTING)) > 0) {
        for (long at = 0; at < length;) {
            const struct kernel_entry *entry = (const void *)(listing + at);
            const char *name = entry->name;
            uint64_t tid;
            if (text_number(&name, &tid) && (int32_t)tid != process.hidden_tid && tasks->count < room)
                tasks->task[tasks->count++].tid = (int)tid;
            at += entry->length;
        }
    }
    if (listing)
        memory_unmap(listing, LISTING);
}

static void list_from_records(struct tasks *tasks, size_t room) {
    for (struct thread *record = thread_first(); record && tasks->count < room; record = record->next)
        if (!thread_has_exited(record) && record->tid != 0)
            tasks->task[tasks->count++] = (struct task){record->tid, record};
}

/* Numbers of a record's claim to a tid: one in use beats one that ended, which beats one given back. */
static int claim(const struct thread *record) {
    uint32_t flags = __atomic_load_n(&record->flags, __ATOMIC_ACQUIRE);
    return !(flags & THREAD_USED) ? 1 : exit_notice_given(&record->notice) ? 2 : 3;
}

/* Finds each task's record through a table made for the purpose: open addressing by tid. */
static void match_records(struct tasks *tasks) {
    size_t slots = 64;
    while (slots < 2 * tasks->count)
        slots *= 2;
    size_t *slot = memory_map(slots * sizeof *slot); /* index + 1 of the task */
    if (!slot)
        return;
    for (size_t i = 0; i < tasks->count; i++) {
        size_t at = (size_t)tasks->task[i].tid % slots;
        while (slot[at] != 0)
            at = (at + 1) % slots;
        slot[at] = i + 1;
    }
    for (struct thread *record = thread_first(); record; record = record->next) {
        int tid = __atomic_load_n(&record->tid, __ATOMIC_ACQUIRE);
        if (tid == 0)
            tasks->starting |= claim(record) == 3;
        if (tid == 0)
            continue;
        for (size_t at = (size_t)tid % slots; slot[at] != 0; at = (at + 1) % slots) {
            struct task *task = &tasks->task[slot[at] - 1];
            if (task->tid != tid)
                continue;
            if (!task->record || claim(record) > claim(task->record))
                task->record = record;
            break;
        }
    }
    memory_unmap(slot, slots * sizeof *slot);
}

/* A /proc of another PID namespace (unshare --pid without --mount-proc) lists other numbers than those that
 * this process knows its threads by. */
static bool is_of_another_namespace(void) {
    char link[64], self[64];
    struct text words = TEXT_IN(self);
    long length = sys_call(SYS_readlinkat, AT_FDCWD, "/proc/thread-self", link, sizeof link - 1);
    if (length <= 0)
        return false;
    link[length] = '\0';
    text_put_number(&words, process.pid);
    text_put(&words, "/task/");
    text_put_number(&words, sys_call(SYS_gettid));
    return !text_equal(link, self);
}

static bool lists_caller(const struct tasks *tasks) {
    int caller = (int)sys_call(SYS_gettid);
    if (caller == process.hidden_tid)
        return tasks->count > 0;
    for (size_t i = 0; i < tasks->count; i++)
        if (tasks->task[i].tid == caller)
            return true;
    return false;
}

/* Oldest first, as the kernel lists them: Shell's sort, of what is nearly sorted the other way round. */
static void sort_by_age(struct tasks *tasks) {
    struct task *task = tasks->task;
    for (size_t i = 0; i < tasks->count / 2; i++) {
        struct task other = task[i];
        task[i] = task[tasks->count - 1 - i];
        task[tasks->count - 1 - i] = other;
    }
    size_t gap = 1;
    while (gap < tasks->count / 3)
        gap = 3 * gap + 1;
    for (; gap > 0; gap /= 3)
        for (size_t i = gap; i < tasks->count; i++) {
            struct task one = task[i];
            size_t at = i;
            for (; at >= gap && task[at - gap].record->created > one.record->created; at -= gap)
                task[at] = task[at - gap];
            task[at] = one;
        }
}

/* Listing costs the kernel a directory entry for each thread. Where it has as many threads as there are
 * records of live ones, those are the list. */
static bool list_by_records(struct tasks *tasks) {
    size_t now = tasks_now(tasks), hidden = tasks_hidden();
    list_from_records(tasks, tasks->room);
    if (now != 0 && tasks->count + hidden == now && lists_caller(tasks) && !is_of_another_namespace()) {
        sort_by_age(tasks);
        tasks->by_records = true;
        return true;
    }
    memset(tasks->task, 0, tasks->count * sizeof *tasks->task);
    tasks->count = 0;
    return false;
}

struct tasks tasks_list(void) {
    struct tasks tasks = {0};
    tasks.directory = (int)sys_call(SYS_openat, AT_FDCWD, "/proc/self/task", O_DIRECTORY | OWN_FLAGS);
    size_t room = tasks.room = capacity_for_tasks(&tasks);
    tasks.mapped = room * sizeof *tasks.task;
    tasks.task = memory_map(tasks.mapped);
    if (!tasks.task)
        return tasks;
    if (tasks.directory >= 0) {
        if (list_by_records(&tasks))
            return tasks;
        /* A thread that ends meanwhile makes the kernel lose its place, and leave out some (kernel:
         * fs/proc/base.c, first_tid). */
        enum { TRIES = 3 };
        for (int i = 0; i < TRIES && !lists_caller(&tasks); i++) {
            tasks.count = 0;
            sys_call(SYS_lseek, tasks.directory, 0, SEEK_SET);
            list_from_kernel(&tasks, room);
        }
        if (!is_of_another_namespace()) {
            match_records(&tasks);
            return tasks;
        }
        sys_call(SYS_close, tasks.directory);
        tasks.directory = -EXDEV;
        tasks.count = 0;
    }
    list_from_records(&tasks, room);
    return tasks;
}

bool tasks_complete(struct tasks *tasks) {
    size_t known = tasks->count;
    if (!tasks->by_records)
        return false;
    tasks->by_records = false;
    list_from_kernel(tasks, tasks->room);
    size_t kept = known;
    for (size_t i = known; i < tasks->count; i++) {
        bool again = false;
        for (size_t k = 0; k < known && !again; k++)
            again = tasks->task[k].tid == tasks->task[i].tid;
        if (!again)
            tasks->task[kept++] = (struct task){.tid = tasks->task[i].tid};
    }
    tasks->count = kept;
    tasks->starting = true; /* their records are looked for one by one */
    return kept > known;
}

void tasks_drop(struct tasks *tasks) {
    if (tasks->task)
        memory_unmap(tasks->task, tasks->mapped);
    if (tasks->directory >= 0)
        sys_call(SYS_close, tasks->directory);
}

struct thread *tasks_record(struct tasks *tasks, size_t index) {
    struct task *task = &tasks->task[index];
    for (struct thread *record = thread_first(); tasks->starting && !task->record && record;
         record = record->next)
        if (__atomic_load_n(&record->tid, __ATOMIC_ACQUIRE) == task->tid && claim(record) == 3)
            task->record = record;
    return task->record;
}

bool tasks_has_exited(const struct tasks *tasks, size_t index) {
    const struct thread *record = tasks->task[index].record;
    return record && claim(record) < 3;
}
