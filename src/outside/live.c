#include "live.h"

#include <ctype.h>
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "halt.h"
#include "held_up.h"
#include "loaded.h"
#include "proc/memory.h"
#include "proc/program_name.h"
#include "proc/rights.h"
#include "proc/stat.h"
#include "proc/status.h"
#include "proc/words.h"
#include "run_clock.h"

static size_t read_memory(const struct target *target, uint64_t at, void *into, size_t size) {
    return memory_read(target->through, at, into, size);
}

/* "TIME DELAY TURNS", ns and how often it was given a processor (kernel: Documentation/scheduler/sched-stats.rst). */
static bool read_turns(int tasks, int tid, uint64_t *ran, uint64_t *turns) {
    char words[128];
    unsigned long long time, delay, count;
    *ran = *turns = 0;
    if (proc_words_of(tasks, tid, "schedstat", words, sizeof words) <= 0 ||
        sscanf(words, "%llu %llu %llu", &time, &delay, &count) != 3)
        return false;
    *ran = time;
    *turns = count;
    return true;
}

/* "NUMBER ARGUMENTS SP PC", "-1 SP PC" of one that waits in no call (a page fault, a stop), or "running". Returns 0, or why it cannot be
 * read. */
static int read_call(int tasks, int tid, struct target_thread *thread) {
    char words[256];
    unsigned long long sp, pc, argument[6];
    thread->number = -1;
    thread->sleeps = false;
    thread->registers.known = 0;
    ssize_t length = proc_words_of(tasks, tid, "syscall", words, sizeof words);
    if (length <= 0)
        return length < 0 ? (int)-length : ESRCH;
    long long number;
    if (sscanf(words, "%lld %llx %llx %llx %llx %llx %llx %llx %llx", &number, &argument[0], &argument[1],
               &argument[2], &argument[3], &argument[4], &argument[5], &sp, &pc) == 9) {
        thread->number = number;
        thread->sleeps = true;
        /* the registers that they are in: rdi, rsi, rdx, r10, r8, r9 (syscall(2); kernel: arch/x86/include/asm/syscall.h) */
        static const uint8_t passed_in[6] = {5, 4, 1, 10, 8, 9};
        for (int i = 0; i < 6; i++) {
            thread->argument[i] = argument[i];
            register_set(&thread->registers, passed_in[i], argument[i]);
        }
    } else if (sscanf(words, "-1 %llx %llx", &sp, &pc) != 2) {
        return 0;
    }
    register_set(&thread->registers, REGISTER_RSP, sp);
    register_set(&thread->registers, REGISTER_RA, pc);
    return 0;
}

/* Its number in its own PID namespace: the last of NSpid. */
static int own_number(int pid, int tid, bool *other) {
    char numbers[128], *status = proc_status(pid, tid);
    int number = tid;
    if (proc_status_value(status, "NSpid", numbers, sizeof numbers)) {
        const char *last = strrchr(numbers, '\t');
        number = atoi(last ? last + 1 : numbers);
        if (other)
            *other = last != NULL;
    }
    free(status);
    return number > 0 ? number : tid;
}

/* The order of the questions matters: that its turns have not changed from before it was found asleep until after it was found so
 * again means that it has not run in between. */
static bool look(struct target *target, struct target_thread *thread, struct run_clock *clock, int *error) {
    int tid = thread->seen_as, tasks = target->tasks;
    *error = ESRCH;
    struct proc_stat stat;
    read_turns(tasks, tid, &thread->cpu_ns, &thread->turns);
    if (!proc_stat_of(tasks, tid, &stat) || stat.state == 'X' || stat.state == 'Z')
        return false;
    *error = read_call(tasks, tid, thread);
    if (*error != 0)
        return false;
    thread->state = stat.state;
    memcpy(thread->name, stat.name, sizeof thread->name);
    thread->began_ns = proc_ticks_to_monotonic(stat.started);
    thread->last_ran_ns = thread->sleeps ? run_clock_last_ran(clock, tasks, tid, stat.processor) : 0;
    if (thread->last_ran_ns != 0 && thread->last_ran_ns < thread->began_ns)
        thread->last_ran_ns = thread->began_ns;
    uint64_t ran, turns;
    thread->held_up =
        is_held_up(tasks, thread) && read_turns(tasks, tid, &ran, &turns) && turns == thread->turns;
    thread->tid = target->renumber ? own_number(target->seen_as, tid, NULL) : tid;
    return true;
}

static size_t count_tasks(int tasks, int *numbers, size_t room) {
    int copy = openat(tasks, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = copy < 0 ? NULL : fdopendir(copy);
    size_t count = 0;
    for (struct dirent *entry; list && (entry = readdir(list));) {
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        if (count < room)
            numbers[count] = atoi(entry->d_name);
        count++;
    }
    if (list)
        closedir(list);
    return count;
}

/* Caller frees; NULL if there is none, or no memory. */
static int *list_tasks(int tasks, size_t *count) {
    size_t room = 64;
    for (;;) {
        int *numbers = calloc(room, sizeof *numbers);
        *count = numbers ? count_tasks(tasks, numbers, room) : 0;
        if (*count > 0 && *count <= room)
            return numbers;
        free(numbers);
        if (*count == 0)
            return NULL;
        room = *count + *count / 4;
    }
}

/* The registers of one that is where it was stopped; of one that runs, those that it had then. */
static void complete(struct target_thread *thread, const struct halted *halted) {
    if (!halted)
        return;
    const uint64_t *now = thread->registers.value, *then = halted->registers.value;
    if (thread->registers.known == 0 ||
        (now[REGISTER_RSP] == then[REGISTER_RSP] && now[REGISTER_RA] == then[REGISTER_RA]))
        thread->registers = halted->registers;
}

/* Returns 0, or why they cannot be looked at. */
static int look_at_all(struct target *target, bool halts) {
    size_t count;
    int *numbers = list_tasks(target->tasks, &count), error = ESRCH, why;
    target->threads = numbers ? calloc(count, sizeof *target->threads) : NULL;
    struct run_clock *clock = calloc(1, sizeof *clock);
    /* One that was stopped takes a moment to be asleep again. */
    enum { PAUSES = 200, PAUSE_NS = 500000 };
    int pauses = PAUSES;
    size_t halted = 0;
    struct halted *list = halts && numbers ? halt_all(numbers, count, &halted) : NULL;
    if (halts && halted == 0)
        snprintf(
            target->note, sizeof target->note,
            "--stop: none of its threads could be stopped: it is traced already, or ptrace(2) is refused");
    for (size_t i = 0; target->threads && clock && i < count; i++) {
        struct target_thread *thread = &target->threads[target->thread_count];
        *thread = (struct target_thread){.seen_as = numbers[i]};
        const struct halted *stopped = halt_of(list, halted, i, numbers[i]);
        bool looked = look(target, thread, clock, &why);
        for (; looked && stopped && stopped->slept && !thread->sleeps && pauses > 0; pauses--) {
            nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
            looked = look(target, thread, clock, &why);
        }
        if (looked)
            complete(thread, stopped);
        target->thread_count += looked;
        error = looked ? error : why;
        if (looked && target->through == 0)
            target->through = numbers[i];
        if (!looked && (why == EACCES || why == EPERM))
            break;
    }
    if (clock)
        run_clock_end(clock);
    free(clock);
    free(list);
    free(numbers);
    target_sort(target);
    return target->thread_count > 0 && error != EACCES && error != EPERM ? 0 : error;
}

/* "start-end rwxp offset device inode path" (proc(5)). */
static bool add_mapping(struct target *target, char *line, size_t room) {
    unsigned long long start, end, offset;
    char permissions[5];
    int path = 0;
    if (target->mapping_count == room ||
        sscanf(line, "%llx-%llx %4s %llx %*s %*s %n", &start, &end, permissions, &offset, &path) < 4)
        return false;
    const char *words = path > 0 ? line + path : "";
    target->mappings[target->mapping_count++] = (struct mapping){.start = start,
                                                                 .end = end,
                                                                 .offset = offset,
                                                                 .writable = permissions[1] == 'w',
                                                                 .executable = permissions[2] == 'x',
                                                                 .shared = permissions[3] == 's',
                                                                 .path = words};
    return true;
}

static int read_mappings(struct target *target) {
    char path[32];
    size_t room = 0, lines = 0;
    snprintf(path, sizeof path, "/proc/%d/maps", target->through);
    FILE *file = fopen(path, "re");
    if (!file)
        return errno;
    errno = 0;
    ssize_t length = getdelim(&target->mapping_words, &room, '\0', file);
    int error = ferror(file) ? errno : 0;
    fclose(file);
    if (length <= 0)
        return error ? error : ESRCH;
    for (const char *at = target->mapping_words; (at = strchr(at, '\n')); at++)
        lines++;
    target->mappings = calloc(lines + 1, sizeof *target->mappings);
    if (!target->mappings)
        return ENOMEM;
    char *rest = target->mapping_words;
    for (char *line; (line = strsep(&rest, "\n"));)
        add_mapping(target, line, lines);
    return 0;
}

/* That it may be asked what its threads do, and not for its memory: of a stack, which is always there. 0, or why it cannot be read. */
static int try_memory(const struct target *target) {
    uint64_t word;
    for (size_t i = 0; i < target->thread_count; i++) {
        const struct target_thread *thread = &target->threads[i];
        if (thread->registers.known == 0)
            continue;
        errno = 0;
        if (memory_read(target->through, thread->registers.value[REGISTER_RSP], &word, sizeof word) > 0)
            return 0;
        return errno == EPERM || errno == EACCES ? errno : 0;
    }
    return 0;
}

/* The numbers of its system calls would mean others (elf(5), e_ident). */
static bool is_32_bit(const struct target *target) {
    char path[32];
    unsigned char ident[EI_NIDENT] = "";
    snprintf(path, sizeof path, "/proc/%d/exe", target->through);
    return proc_words(AT_FDCWD, path, (char *)ident, sizeof ident) > EI_CLASS &&
           ident[EI_CLASS] == ELFCLASS32;
}

static void read_exe(struct target *target) {
    char path[32];
    snprintf(path, sizeof path, "/proc/%d/exe", target->through);
    ssize_t length = readlink(path, target->exe, sizeof target->exe - 1);
    target->exe[length > 0 ? length : 0] = '\0';
    char *deleted = strstr(target->exe, " (deleted)");
    if (deleted && deleted[strlen(" (deleted)")] == '\0')
        *deleted = '\0';
}

/* SigCgt; libc's own are left out (nptl/pthreadP.h: SIGCANCEL, SIGSETXID). */
static void read_handlers(struct target *target) {
    char words[64], *status = proc_status(target->seen_as, 0);
    target->handlers_known = proc_status_value(status, "SigCgt", words, sizeof words);
    if (target->handlers_known)
        target->handlers = strtoull(words, NULL, 16) & ~(3ull << 31);
    free(status);
}

bool live_open(struct target *target, int pid, bool halts, char why[256]) {
    enum { FORKED_ONLY = 0x40 }; /* PF_FORKNOEXEC */
    char path[32];
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    *target = (struct target){
        .seen_as = pid, .tasks = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), .read = read_memory};
    struct proc_stat stat;
    if (target->tasks < 0 || !proc_stat_of(target->tasks, pid, &stat)) {
        rights_say(pid, '?', target->tasks < 0 ? errno : ESRCH, why);
        return false;
    }
    if (stat.flags & PROC_KERNEL_THREAD) {
        snprintf(why, 256, "it is a thread of the kernel's: it has no program");
        return false;
    }
    target->copied = stat.flags & FORKED_ONLY;
    target->pid = own_number(pid, pid, &target->renumber);
    target->started_ns = proc_ticks_to_monotonic(stat.started);
    int error = look_at_all(target, halts);
    if (error == 0)
        error = read_mappings(target);
    if (error == 0)
        error = try_memory(target);
    if (error != 0) {
        target->refused = error == EACCES || error == EPERM;
        target->changes = error == ESRCH && !strchr("ZX", stat.state);
        rights_say(pid, stat.state, error, why);
        return false;
    }
    if (is_32_bit(target)) {
        snprintf(why, 256, "it is a 32-bit program: only 64-bit ones are read");
        return false;
    }
    target_check_calls(target);
    held_up_note(target, stat.state);
    read_exe(target);
    program_name(target->through, target->program, sizeof target->program);
    read_handlers(target);
    loaded_note_removed(target);
    return true;
}

bool live_has_slept(const struct target *target, const struct target_thread *thread) {
    struct target_thread now = {0};
    uint64_t ran, turns;
    if (!thread->sleeps || thread->held_up || thread->turns == 0 || !strchr("SD", thread->state) ||
        read_call(target->tasks, thread->seen_as, &now) != 0 || !now.sleeps || now.number != thread->number ||
        now.registers.value[REGISTER_RSP] != thread->registers.value[REGISTER_RSP] ||
        memcmp(now.argument, thread->argument, sizeof now.argument) != 0)
        return false;
    return read_turns(target->tasks, thread->seen_as, &ran, &turns) && turns == thread->turns &&
           ran == thread->cpu_ns;
}

bool live_has_moved(const struct target *target, const struct target_thread *thread) {
    uint64_t ran, turns;
    return thread->turns != 0 && read_turns(target->tasks, thread->seen_as, &ran, &turns) &&
           turns != thread->turns;
}

void live_look_again(const struct target *target, struct target_thread *thread) {
    read_turns(target->tasks, thread->seen_as, &thread->cpu_ns, &thread->turns);
    if (read_call(target->tasks, thread->seen_as, thread) != 0)
        thread->sleeps = false;
    target_check_call(target, thread);
}

static bool has_ended(int tasks, int tid) {
    struct proc_stat stat;
    return !proc_stat_of(tasks, tid, &stat) || strchr("ZX", stat.state);
}

/* The kernel lists them in the order in which most were looked at. */
static bool is_listed(const struct target *target, size_t near, int seen_as) {
    for (size_t k = 0; k < target->thread_count; k++)
        if (target->threads[(near + k) % target->thread_count].seen_as == seen_as)
            return true;
    return false;
}

bool live_has_same_threads(const struct target *target) {
    size_t count;
    int *numbers = list_tasks(target->tasks, &count);
    bool same = numbers != NULL;
    /* A number may have been given to another thread since: that one has not slept all the time. */
    for (size_t i = 0; same && i < count; i++)
        same = is_listed(target, i, numbers[i]) || has_ended(target->tasks, numbers[i]);
    free(numbers);
    return same;
}

bool live_is_anywhere(const struct target *target, int tid) {
    if (target_thread(target, tid))
        return true;
    /* Numbers of another namespace cannot be asked for. */
    return target->renumber || kill(tid, 0) == 0 || errno != ESRCH;
}
