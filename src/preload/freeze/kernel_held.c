#include "kernel_held.h"

#include <errno.h>
#include <linux/kcmp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "capture/kernel_state.h"
#include "process.h"
#include "report/staying.h"
#include "rt/descriptors.h"
#include "rt/sys.h"
#include "rt/text.h"
#include "unread.h"

enum { DESCRIPTORS_MAX = 16384, ENDS_ASKED = 2048 };

static bool starts_with(const char *words, const char *with) {
    return strncmp(words, with, strlen(with)) == 0;
}

/* Reads a file line by line, what is beyond 255 bytes of a line left out. False if it cannot be read. */
static bool each_line(int directory, const char *path, bool (*take)(void *, const char *), void *context) {
    char window[1024];
    size_t held = 0;
    long got, fd = sys_call(SYS_openat, directory, path, OWN_FLAGS);
    bool good = fd >= 0;
    while (good && (got = sys_call(SYS_read, fd, window + held, sizeof window - 1 - held)) != 0) {
        good = got > 0;
        held += good ? (size_t)got : 0;
        window[held] = '\0';
        char *line = window, *end;
        for (; good && (end = strchr(line, '\n')); line = end + 1) {
            *end = '\0';
            good = take(context, line);
        }
        held -= (size_t)(line - window);
        if (held > sizeof window / 2)
            held = 0;
        memmove(window, line, held);
    }
    if (fd >= 0)
        sys_call(SYS_close, fd);
    return good;
}

static bool put(struct held_words *words, uint64_t word) {
    if (words->count == words->room)
        return false;
    words->word[words->count++] = word;
    return true;
}

/* Hexadecimal without 0x. */
static uint64_t hexadecimal(const char *at) {
    uint64_t number = 0;
    for (;; at++) {
        if (*at >= '0' && *at <= '9')
            number = number << 4 | (uint64_t)(*at - '0');
        else if (*at >= 'a' && *at <= 'f')
            number = number << 4 | (uint64_t)(*at - 'a' + 10);
        else
            return number;
    }
}

/* "tfd:        5 events:       19 data: 55d0c1f2a2a0  pos:0 ..." (proc_pid_fdinfo(5)) */
static bool take_member(void *words, const char *line) {
    const char *at = strstr(line, " data:");
    if (!at || !starts_with(line, "tfd:"))
        return true;
    at += sizeof " data:" - 1;
    return put(words, hexadecimal(at + strspn(at, " ")));
}

/* "eventfd-count:     55d0c1f2a2a0": eight bytes that the program has put there, and may take out. */
static bool take_count(void *words, const char *line) {
    static const char name[] = "eventfd-count:";
    const char *at = line + sizeof name - 1;
    return !starts_with(line, name) || put(words, hexadecimal(at + strspn(at, " ")));
}

/* "signal: 10/00007ffe3a0c1d90" (proc_pid_timers(5)) */
static bool take_timer(void *words, const char *line) {
    const char *at = strchr(line, '/');
    return !starts_with(line, "signal:") || !at || put(words, hexadecimal(at + 1));
}

/* Kernel objects that hand back nothing which a program has put there. Others may: rings, maps of BPF, what userfaultfd fills in. */
static bool keeps_nothing(const char *target) {
    static const char *const names[] = {"[timerfd]", "[signalfd]",   "inotify",
                                        "[pidfd]",   "[perf_event]", "[fanotify]"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (starts_with(target, "anon_inode:") && starts_with(target + strlen("anon_inode:"), names[i]))
            return true;
    return false;
}

static enum lw_frozen_refusal look_at_special(struct held_words *words, const char *name) {
    char path[64], target[128];
    struct text text = TEXT_IN(path);
    path[0] = '\0';
    text_put(&text, "/proc/thread-self/fd/");
    text_put(&text, name);
    long length = sys_call(SYS_readlinkat, AT_FDCWD, path, target, sizeof target - 1);
    target[length > 0 ? length : 0] = '\0';
    bool is_set = starts_with(target, "anon_inode:[eventpoll]");
    if (!is_set && !starts_with(target, "anon_inode:[eventfd]"))
        return keeps_nothing(target) ? LW_FROZEN_NONE : LW_FROZEN_QUEUES;
    text = TEXT_IN(path);
    path[0] = '\0';
    text_put(&text, "/proc/thread-self/fdinfo/");
    text_put(&text, name);
    return each_line(AT_FDCWD, path, is_set ? take_member : take_count, words) ? LW_FROZEN_NONE
                                                                               : LW_FROZEN_MANY;
}

/* A queue of POSIX messages is a file of a file system of its own (mq_overview(7); kernel: ipc/mqueue.c). */
static bool is_queue(int fd) {
    enum { MQUEUE_MAGIC = 0x19800202 };
    struct statfs system;
    return sys_call(SYS_fstatfs, fd, &system) == 0 && system.f_type == MQUEUE_MAGIC;
}

static enum lw_frozen_refusal look_at(struct held_words *words, int fd, const char *name,
                                      unsigned *patience) {
    struct stat stat;
    if (sys_call(SYS_fstat, fd, &stat) != 0)
        return LW_FROZEN_NONE;
    if ((stat.st_mode & S_IFMT) == 0)
        return look_at_special(words, name);
    if (S_ISREG(stat.st_mode) && is_queue(fd))
        return LW_FROZEN_QUEUES;
    return unread_in(fd, &stat, patience) ? LW_FROZEN_UNREAD : LW_FROZEN_NONE;
}

struct descriptors_look {
    struct held_words *words;
    size_t count;
    unsigned patience;
    enum lw_frozen_refusal refusal;
};

static bool take_descriptor(void *of, int fd, const char *name) {
    struct descriptors_look *look = of;
    look->refusal =
        ++look->count > DESCRIPTORS_MAX ? LW_FROZEN_MANY : look_at(look->words, fd, name, &look->patience);
    return look->refusal == LW_FROZEN_NONE;
}

static enum lw_frozen_refusal descriptors(struct held_words *words) {
    struct descriptors_look look = {.words = words, .patience = ENDS_ASKED};
    return each_descriptor(take_descriptor, &look) || look.refusal != LW_FROZEN_NONE ? look.refusal
                                                                                     : LW_FROZEN_NO_SYSTEM;
}

/* SigPnd and ShdPnd, masks in hexadecimal (proc_pid_status(5)). */
static bool is_pending(const char *status, const char *name) {
    const char *at = strstr(status, name);
    if (!at)
        return true;
    at += strlen(name);
    at += strspn(at, " \t");
    return strspn(at, "0") < strspn(at, "0123456789abcdef");
}

/* The first number of SigQ: signals queued for the user's processes in all; what was queued before the user changed counts for the former one. */
static bool none_is_queued(const char *status) {
    const char *at = strstr(status, "\nSigQ:\t");
    return at && starts_with(at + sizeof "\nSigQ:\t" - 1, "0/");
}

static bool signals(int task_directory) {
    char entries[4096], status[4096];
    long size = sys_read_file(AT_FDCWD, "/proc/self/status", status, sizeof status);
    if (size > 0 && none_is_queued(status) && sys_call(SYS_getuid) == process.user)
        return false;
    bool found = sys_call(SYS_lseek, task_directory, 0, SEEK_SET) != 0;
    while (!found && (size = sys_call(SYS_getdents64, task_directory, entries, sizeof entries)) > 0)
        for (long at = 0; at < size && !found;) {
            const struct kernel_entry *entry = (const void *)(entries + at);
            const char *digits = entry->name;
            uint64_t tid;
            at += entry->length;
            if (!text_number(&digits, &tid))
                continue;
            long length = kernel_read_of(task_directory, (int)tid, "/status", status, sizeof status);
            if (length == -ENOENT || length == -ESRCH)
                continue;
            found = length <= 0 || is_pending(status, "\nSigPnd:") || is_pending(status, "\nShdPnd:");
        }
    return found;
}

enum lw_frozen_refusal kernel_held(struct held_words *words, int task_directory) {
    enum lw_frozen_refusal refusal = descriptors(words);
    if (refusal != LW_FROZEN_NONE)
        return refusal;
    if (!each_line(AT_FDCWD, "/proc/self/timers", take_timer, words))
        return LW_FROZEN_NO_SYSTEM;
    return signals(task_directory) ? LW_FROZEN_QUEUED : LW_FROZEN_NONE;
}

/* A child made with CLONE_VM and without CLONE_THREAD is a process of its own, whose registers nobody knows (clone(2), kcmp(2)).
 * Where it cannot be told, it is one. */
static bool is_in_our_memory(int child) {
    long compared = sys_call(SYS_kcmp, process.pid, child, KCMP_VM, 0, 0);
    return compared == 0 || (compared < 0 && compared != -ESRCH);
}

enum kernel_answer kernel_has_own_files(int tid) {
    long compared = sys_call(SYS_kcmp, sys_call(SYS_gettid), tid, KCMP_FILES, 0, 0);
    return compared == 0 || compared == -ESRCH ? KERNEL_NO : compared > 0 ? KERNEL_YES : KERNEL_UNKNOWN;
}

bool kernel_shares_memory(int task_directory, int tid) {
    char words[4096];
    long length = kernel_read_of(task_directory, tid, "/children", words, sizeof words);
    const char *at = words;
    uint64_t child;
    if (length == (long)sizeof words - 1)
        return true;
    while (length > 0 && text_number(&at, &child)) {
        if (!staying_has((int)child) && is_in_our_memory((int)child))
            return true;
        at += strspn(at, " ");
    }
    return false;
}
