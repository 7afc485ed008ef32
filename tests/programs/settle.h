/* Waiting until threads are where they are to stay, instead of for a time in which they should have got there: on a busy
 * machine none is long enough. A thread has settled when it sleeps, and has not run since the looks before (/proc/PID/task/
 * TID/schedstat counts how often it ran; proc(5), kernel's sched-stats.rst). */
#pragma once

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SETTLE_LOOKS = 4, SETTLE_PAUSE_US = 2000, SETTLE_EXEMPT = 64, SETTLE_GIVE_UP_US = 60 * 1000 * 1000 };

/* Threads that others do not wait for: those that wait here themselves, and (negative) those that never rest. Weak: one table for
 * all files of a program. */
__attribute__((weak, visibility("hidden"))) volatile int settle_exempt[SETTLE_EXEMPT];

static inline int settle_exempt_add(int sign) {
    int tid = sign * (int)syscall(SYS_gettid);
    for (int i = 0; i < SETTLE_EXEMPT; i++)
        if (__sync_bool_compare_and_swap(&settle_exempt[i], 0, tid))
            return i;
    abort();
}

/* The caller will never sleep for long. */
static inline void never_settles(void) {
    settle_exempt_add(-1);
}

static inline int settle_is_exempt(int tid) {
    for (int i = 0; i < SETTLE_EXEMPT; i++)
        if (settle_exempt[i] == tid || settle_exempt[i] == -tid)
            return 1;
    return 0;
}

static inline int settle_read(int pid, int tid, const char *name, char *into, int size) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/%s", pid, tid, name);
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    size_t length = fread(into, 1, (size_t)size - 1, file);
    into[length] = '\0';
    fclose(file);
    return length > 0;
}

/* A number that stays the same while nobody runs; 0 if somebody does now. */
static inline unsigned long settle_look(int pid) {
    char path[32], words[512];
    unsigned long digest = 1;
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *tasks = opendir(path);
    if (!tasks)
        return 0;
    for (struct dirent *task; (task = readdir(tasks));) {
        int tid = atoi(task->d_name);
        unsigned long ran = 0;
        const char *state;
        if (tid <= 0 || settle_is_exempt(tid) || !settle_read(pid, tid, "stat", words, sizeof words))
            continue;
        state = strrchr(words, ')');
        if (!state || !strchr("SDTt", state[2])) {
            digest = 0;
            break;
        }
        if (settle_read(pid, tid, "schedstat", words, sizeof words))
            sscanf(words, "%*u %*u %lu", &ran);
        digest += (unsigned long)tid * 1000003 + ran * 31;
    }
    closedir(tasks);
    return digest;
}

static inline void settle_process(int pid) {
    unsigned long before = 0;
    for (long same = 0, waited = 0; same < SETTLE_LOOKS && waited < SETTLE_GIVE_UP_US;
         waited += SETTLE_PAUSE_US) {
        unsigned long now = settle_look(pid);
        same = now != 0 && now == before ? same + 1 : 0;
        before = now;
        usleep(SETTLE_PAUSE_US);
    }
}

/* How many times slower this machine is than others (lib/harness.py). */
static inline unsigned slower(void) {
    const char *said = getenv("LEAKWATCH_SLOWER");
    return said ? (unsigned)atoi(said) : 1;
}

/* While the report that was asked for is written: how long that takes is the tool's affair, which nobody here can see. */
static inline void settle_report(void) {
    usleep(400000 * slower());
}

/* Until all other threads of this process have settled, or wait for the same here. */
static inline void settle(void) {
    int place = settle_exempt_add(1);
    settle_process(getpid());
    settle_exempt[place] = 0;
}

/* Until they have, and none is still here. For main, when all has been started. */
static inline void settle_all(void) {
    int others;
    do {
        settle();
        others = 0;
        for (int i = 0; i < SETTLE_EXEMPT; i++)
            others |= settle_exempt[i] > 0;
    } while (others);
}
