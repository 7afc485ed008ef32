#include "capture.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "arch/unwind.h"
#include "describe.h"
#include "ending.h"
#include "interpose/dispositions.h"
#include "modules.h"
#include "options.h"
#include "process.h"
#include "record/thread.h"
#include "record/wakes.h"
#include "record/writes.h"
#include "rt/clock.h"
#include "rt/memory.h"
#include "rt/own_descriptors.h"
#include "rt/sys.h"
#include "rt/text.h"
#include "shared/snapshot_writer.h"
#include "tasks.h"
#include "unwind/unwind.h"

static struct snapshot_capacity capacity_for(const struct tasks *tasks) {
    size_t records = 0;
    for (struct thread *record = thread_first(); record; record = record->next)
        records++;
    struct snapshot_capacity room = {
        .threads = tasks->count + records + 16, .wakes = WAKES, .writes = WRITES};
    room.modules = modules_count();
    room.holds = room.threads * (TAKEN_SLOTS + READING_SLOTS);
    room.gone = room.threads;
    room.frames = room.threads * 2 * (uint64_t)options.depth + room.holds + room.wakes;
    room.strings = room.threads * 512 + room.modules * 512 + WAKES * 16 + 64 * 1024;
    return room;
}

/* The snapshot's memory: a memfd if there can be one, else anonymous memory that only the plain list can use.
 */
static struct captured take_region(size_t size) {
    struct captured captured = {.fd = -1, .size = size, .mapped = size};
    struct rlimit limit;
    /* RLIMIT_FSIZE holds for a memfd too, and breaking it is answered with SIGXFSZ. */
    bool may_be_large = sys_call(SYS_prlimit64, 0, RLIMIT_FSIZE, NULL, &limit) == 0 && limit.rlim_cur >= size;
    long fd = may_be_large ? sys_call(SYS_memfd_create, OWN_MEMFD "snapshot", MFD_CLOEXEC) : -1;
    if (fd >= 0 && fd <= 2) {
        /* The program closed its standard descriptors: what it still writes to them must not land here. */
        long higher = sys_call(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 3);
        sys_call(SYS_close, fd);
        fd = higher;
    }
    if (fd >= 0) {
        long at = -1;
        if (sys_call(SYS_ftruncate, fd, size) == 0)
            at = sys_call(SYS_mmap, NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (at > 0) {
            captured.fd = (int)fd;
            captured.base = (void *)at;
            return captured;
        }
        sys_call(SYS_close, fd);
    }
    captured.base = memory_map(size);
    return captured;
}

static void write_wakes(struct snapshot_writer *writer) {
    struct wake entry;
    wakes_gather();
    for (size_t i = 0; i < WAKES; i++) {
        struct lw_snapshot_wake *kept;
        if (!wake_read(i, &entry) || !(kept = snapshot_wake(writer)))
            continue;
        kept->address = entry.address;
        kept->count = entry.count;
        kept->no_waiter = entry.no_waiter;
        kept->last = entry.last;
        kept->last_tid = entry.last_tid;
        kept->last_name = snapshot_string(writer, entry.last_name);
        kept->site = snapshot_frame(writer, entry.site, &kept->site_count);
    }
}

struct write writes[WRITES];

static void write_writes(struct snapshot_writer *writer) {
    struct clock_reading now = clock_reading();
    for (size_t i = 0; i < WRITES; i++) {
        struct write entry = writes[i];
        struct lw_snapshot_write *kept = entry.when != 0 ? snapshot_write(writer) : NULL;
        if (kept)
            *kept = (struct lw_snapshot_write){
                .fd = entry.fd, .tid = entry.tid, .when = clock_of_mark(entry.when, now)};
    }
}

static void write_header(struct snapshot_writer *writer, const struct capture_request *request) {
    struct lw_snapshot_header *header = writer->header;
    header->pid = process.pid;
    header->trigger = request->trigger;
    header->signal = request->signal;
    header->requests = request->requests;
    header->sequence = request->sequence;
    header->realtime = clock_ns(CLOCK_REALTIME);
    header->monotonic = clock_ns(CLOCK_MONOTONIC);
    header->started = process.started;
    header->created = thread_created_count();
    header->lost = thread_lost_count();
    header->min_wait = options.min_wait;
    header->exe = snapshot_string(writer, process.exe);
    header->program = snapshot_string(writer, process.program);
    header->wakes_lost = (uint32_t)wakes_lost();
    header->handlers = dispositions_of_program();
    if (request->scope)
        header->flags |= LW_PROCESS_SCOPED;
}

static void write_incomplete(struct snapshot_writer *writer, const struct tasks *tasks) {
    char note[256];
    struct text incomplete = TEXT_IN(note);
    note[0] = '\0';
    if (tasks->directory == -EXDEV)
        text_put(&incomplete,
                 "/proc is of another PID namespace: threads and waits are as the shim saw them; ");
    else if (tasks->directory < 0)
        text_put(&incomplete, "/proc/self/task cannot be read: threads and waits are as the shim saw them; ");
    if (!process.stacks)
        text_put(&incomplete, LIBUNWIND_LIBRARY " cannot be loaded or used: no stacks; ");
    if (writer->overflow)
        text_put(&incomplete, "more was found than room had been made for; ");
    if (incomplete.length > 2)
        note[incomplete.length - 2] = '\0';
    writer->header->incomplete = snapshot_string(writer, note);
}

struct captured capture(const struct capture_request *request) {
    struct tasks tasks = tasks_list();
    struct snapshot_capacity room = capacity_for(&tasks);
    struct captured captured = take_region(snapshot_size(&room));
    if (captured.base) {
        struct snapshot_writer writer;
        snapshot_begin(&writer, captured.base, &room);
        write_header(&writer, request);
        describe_threads(&writer, &tasks, request->context, request->scope, request->terse);
        write_wakes(&writer);
        write_writes(&writer);
        modules_write(&writer, process.exe);
        write_incomplete(&writer, &tasks);
        captured.size = snapshot_used(&writer);
        if (captured.fd >= 0)
            sys_call(SYS_ftruncate, captured.fd, captured.size);
    }
    tasks_drop(&tasks);
    return captured;
}

static const struct lw_snapshot_thread *threads_of(const struct captured *captured) {
    const struct lw_snapshot_header *header = captured->base;
    return (const void *)((const char *)captured->base + header->threads.offset);
}

bool captured_may_prove(const struct captured *captured) {
    const struct lw_snapshot_header *header = captured->base;
    if (!(header->flags & LW_PROCESS_LOOKED_TWICE))
        return false;
    bool owned = false;
    for (uint64_t i = 0; i < header->threads.count; i++)
        owned |= lw_wait_traits(threads_of(captured)[i].kind) & W_OWNED;
    return owned || !lw_handlers_that_wake(header);
}

bool captured_needs_caller(const struct captured *captured) {
    const struct lw_snapshot_header *header = captured->base;
    for (uint64_t i = 0; (header->flags & LW_PROCESS_LOOKED_TWICE) && i < header->threads.count; i++) {
        const struct lw_snapshot_thread *thread = &threads_of(captured)[i];
        bool polls = (thread->kind == LW_WAIT_POLL || thread->kind == LW_WAIT_SELECT) && thread->value[0] > 0;
        bool waits = thread->fd >= 0 && (lw_wait_traits(thread->kind) & W_DESCRIPTOR);
        if ((thread->flags & LW_THREAD_CALLER) && (polls || waits))
            return true;
    }
    return false;
}

bool captured_may_strand(const struct captured *captured) {
    const struct lw_snapshot_header *header = captured->base;
    for (uint64_t i = 0; i < header->threads.count; i++) {
        const struct lw_snapshot_thread *thread = &threads_of(captured)[i];
        if (thread->state == LW_STATE_BLOCKED && (lw_wait_traits(thread->kind) & W_OBJECT))
            return true;
    }
    return false;
}

/* Has none run but the caller, by their CPU time? */
static bool have_slept(const struct captured *captured) {
    const struct lw_snapshot_header *header = captured->base;
    for (uint64_t i = 0; i < header->threads.count; i++) {
        const struct lw_snapshot_thread *thread = &threads_of(captured)[i];
        if (thread->state != LW_STATE_FINISHED && !(thread->flags & LW_THREAD_CALLER) &&
            (thread->cpu_ns == 0 || clock_of_thread(thread->tid) != thread->cpu_ns))
            return false;
    }
    return true;
}

bool captured_is_looked_at(const struct captured *captured) {
    struct lw_snapshot_header *header = captured->base;
    uint32_t answer = __atomic_load_n(&header->answer, __ATOMIC_ACQUIRE);
    if (answer == LW_ANSWER_ASKS) /* it may have given up meanwhile, and written something else */
        __atomic_compare_exchange_n(&header->answer, &answer,
                                    have_slept(captured) ? LW_ANSWER_SLEPT : LW_ANSWER_STIRRED, false,
                                    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
    return answer != LW_ANSWER_NONE && answer != LW_ANSWER_ASKS && answer != LW_ANSWER_SLEPT &&
           answer != LW_ANSWER_STIRRED;
}

void captured_mark(const struct captured *captured, uint32_t flag) {
    struct lw_snapshot_header *header = captured->base;
    header->flags |= flag;
}

void captured_drop(struct captured *captured) {
    if (captured->base)
        memory_unmap(captured->base, captured->mapped);
    if (captured->fd >= 0)
        sys_call(SYS_close, captured->fd);
}
