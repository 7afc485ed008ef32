/* Watched processes, and others, as /proc shows them from outside. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct watched {
    int pid;     /* as this process sees it */
    int through; /* a thread of it that has not ended, by whose /proc it is looked at: the main thread may have */
    int own_pid;      /* as the process sees itself: in the innermost PID namespace */
    int handle;       /* pidfd */
    uid_t user;       /* effective; as this process sees it */
    uid_t own_user;   /* as the process sees it: in its user namespace */
    int signal;       /* that asks it for a snapshot */
    bool halts;       /* its threads may be stopped for a moment, for their registers */
    unsigned reach;   /* of one that is asked: as the option of that name */
    bool outside;     /* it has no shim to ask: it is read from outside */
    bool elsewhere;   /* its root or its mounts are not ours: files are found below /proc/PID/root */
    unsigned threads; /* when it was looked for */
    uint64_t started; /* clock ticks since the machine started */
    char name[64];    /* of its program's file */
};

enum { WATCHED_WHY = 256 };

enum watched_answer {
    WATCHED_YES,
    WATCHED_NO,       /* nothing watches it */
    WATCHED_HINDERED, /* it cannot be asked, or there is none of that number: `why` says */
};

/* Does /proc show the processes that this one's numbers mean? `why` says why not. */
bool watched_sees(char why[WATCHED_WHY]);

/* Looks at a process and keeps hold of it if it can be asked: its number will not mean another. */
enum watched_answer watched_open(struct watched *watched, int pid, char why[WATCHED_WHY]);
/* Likewise a process that nothing watches. False: there is none, and `why` says so. */
bool watched_unprepared(struct watched *watched, int pid, char why[WATCHED_WHY]);
void watched_close(struct watched *watched);

/* All that can be asked, by number; those of other users only for root. unprepared: and those that nothing watches, but for the kernel's
 * threads, what has ended, and this process. Caller frees, after closing each. */
struct watched *watched_list(size_t *count, bool unprepared);

/* Does something keep it from taking the signal? `why` says what. after: it has been sent, and there was no answer. */
bool watched_is_hindered(const struct watched *watched, bool after, char why[WATCHED_WHY]);

/* Since it was started, ns. */
uint64_t watched_uptime(const struct watched *watched);
