#include "ask.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "monotonic.h"
#include "shared/older_headers.h"
#include "shared/request.h"
#include "tool/tool.h"

/* Formats that are shared with the shim. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-extra-args"

/* Opens a directory as the process would: a link that leads out of its root leads nowhere (openat2(2),
 * Linux 5.6; before that, only a link in the last place is refused). One that has answered and ended since has no root; where
 * that was ours, the answer is still to be had. */
static int open_below(const struct watched *watched, const char *path) {
    char root[32], whole[160];
    snprintf(root, sizeof root, "/proc/%d/root", watched->through);
    int top = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (top < 0 && !watched->elsewhere) {
        snprintf(root, sizeof root, "/");
        top = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    }
    struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
                           .resolve = RESOLVE_IN_ROOT};
    int directory = top < 0 ? -1 : (int)syscall(SYS_openat2, top, path, &how, sizeof how);
    if (top >= 0)
        close(top);
    if (directory < 0 && errno == ENOSYS) {
        snprintf(whole, sizeof whole, "%s%s", root, path);
        directory = open(whole, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    }
    return directory;
}

/* The directory for answers below a place, opened; -1 if it does not exist or is not the process's user's
 * alone. A link in the way is not followed. */
static int open_directory(const struct watched *watched, const char *place) {
    char path[128];
    int length = snprintf(path, sizeof path - 40, place, (unsigned)watched->own_user);
    path[length++] = '/';
    snprintf(path + length, sizeof path - (size_t)length, LW_REQUEST_DIRECTORY, (unsigned)watched->own_user);
    int directory = open_below(watched, path);
    struct stat status;
    if (directory >= 0 &&
        (fstat(directory, &status) != 0 || status.st_uid != watched->user || (status.st_mode & 077))) {
        close(directory);
        directory = -1;
    }
    return directory;
}

/* Answers that nobody came for: who had asked was ended. */
static void remove_stale(int directory) {
    enum { SECONDS = 60 };
    int copy = dup(directory);
    DIR *list = copy < 0 ? NULL : fdopendir(copy);
    for (struct dirent *entry; list && (entry = readdir(list));) {
        struct stat status;
        if (entry->d_name[0] != '.' && fstatat(directory, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            status.st_mtime + SECONDS < time(NULL))
            unlinkat(directory, entry->d_name, 0);
    }
    if (list)
        closedir(list);
}

static void fail(struct question *question, const char *why) {
    question->state = ASK_FAILED;
    if (why != question->why)
        snprintf(question->why, sizeof question->why, "%s", why);
}

/* The signal goes to the very process that was looked at, and says who sends it and what for. */
static void send(struct question *question) {
    siginfo_t info = {0};
    info.si_signo = question->watched.signal;
    info.si_code = SI_QUEUE;
    info.si_pid = getpid();
    info.si_uid = getuid();
    info.si_value.sival_ptr = (void *)(uintptr_t)(LW_REQUEST << 32 | question->token);
    if (syscall(SYS_pidfd_send_signal, question->watched.handle, question->watched.signal, &info, 0) != 0) {
        snprintf(question->why, sizeof question->why,
                 errno == ESRCH ? "it has ended" : "it cannot be sent a signal: %s", strerror(errno));
        fail(question, question->why);
    }
    question->sent = clock_now();
}

static void begin_outside(struct question *question) {
    const struct watched *watched = &question->watched;
    char root[64], exe[64];
    struct symbol_places places = {.exe = exe, .running = watched->pid};
    snprintf(root, sizeof root, "/proc/%d/root", watched->through);
    snprintf(exe, sizeof exe, "/proc/%d/exe", watched->through);
    if (watched->elsewhere)
        places.sysroot = root;
    if (!outside_begin(&question->outside, watched->pid, watched->halts, &places)) {
        if (errno == EOPNOTSUPP)
            snprintf(question->why, sizeof question->why,
                     "it is not watched, and processes without the preload are read on x86-64 only so far");
        else
            snprintf(question->why, sizeof question->why, "no process can be made to look at it: %s",
                     strerror(errno));
        fail(question, question->why);
    }
}

static void look_outside(struct question *question) {
    char why[256];
    switch (outside_look(&question->outside, &question->snapshot, why)) {
    case OUTSIDE_PENDING:
        if (clock_now() - question->began >= question->patience)
            fail(question, "it could not be read in time: the kernel keeps its /proc busy");
        break;
    case OUTSIDE_DONE:
        question->state = ASK_ANSWERED;
        break;
    case OUTSIDE_FAILED:
        fail(question, why);
        break;
    }
}

void ask_begin(struct question *question, struct watched watched, uint64_t patience) {
    *question = (struct question){
        .watched = watched, .began = clock_now(), .patience = patience, .outside = {.memory = -1}};
    if (watched.outside) {
        begin_outside(question);
        return;
    }
    if (watched_is_hindered(&watched, false, question->why)) {
        fail(question, question->why);
        return;
    }
    while (lw_request_token(question->token, 0) == 0)
        if (getrandom(&question->token, sizeof question->token, 0) != sizeof question->token)
            question->token = (uint32_t)clock_now();
    question->token = lw_request_token(question->token, watched.reach);
    send(question);
}

/* What lies in the answer's place. It must be the process's own: another file of that name says nothing. */
static bool take(struct question *question, int directory) {
    char name[16];
    snprintf(name, sizeof name, LW_REQUEST_FILE, question->token);
    int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    unlinkat(directory, name, 0);
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_uid != question->watched.user) {
        fail(question, "its answer is not a file of its own");
    } else if (status.st_size == 0) {
        fail(question, "it could not write its answer: no space for it, or not so much at once (ulimit -f)");
    } else {
        char room[256];
        const char *wrong = snapshot_copy(&question->snapshot, fd, room);
        if (wrong) {
            snprintf(question->why, sizeof question->why, "its answer is %.200s", wrong);
            fail(question, question->why);
        } else if (question->snapshot.header->pid != question->watched.own_pid) {
            snapshot_close(&question->snapshot);
            fail(question, "its answer is of another process");
        } else {
            question->state = ASK_ANSWERED;
        }
    }
    close(fd);
    return true;
}

void ask_look(struct question *question) {
    /* A signal that is pending already is not queued twice, and a report that is being made makes no other.
     */
    enum { AGAIN_NS = 300000000 };
    static const char *const places[] = {
#define X(place) place,
        LW_REQUEST_PLACES(X)
#undef X
    };
    if (question->state != ASK_PENDING)
        return;
    if (question->watched.outside) {
        look_outside(question);
        return;
    }
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        int directory = open_directory(&question->watched, places[i]);
        bool taken = directory >= 0 && take(question, directory);
        if (taken)
            remove_stale(directory);
        if (directory >= 0)
            close(directory);
        if (taken)
            return;
    }
    uint64_t now = clock_now();
    bool over = now - question->began >= question->patience, again = now - question->sent >= AGAIN_NS;
    if ((over || again) && watched_is_hindered(&question->watched, over, question->why))
        fail(question, question->why);
    else if (over)
        fail(question, "it did not answer in time; its stderr may say why");
    else if (again)
        send(question);
}

void ask_await(struct question *questions, size_t count) {
    enum { PAUSE_MIN = 200000, PAUSE_MAX = 5000000 };
    long pause = PAUSE_MIN;
    for (;;) {
        size_t open = 0;
        for (size_t i = 0; i < count; i++) {
            ask_look(&questions[i]);
            open += questions[i].state == ASK_PENDING;
        }
        if (open == 0)
            return;
        nanosleep(&(struct timespec){.tv_nsec = pause}, NULL);
        pause = 2 * pause < PAUSE_MAX ? 2 * pause : PAUSE_MAX;
    }
}

void ask_end(struct question *question) {
    if (question->state == ASK_ANSWERED)
        snapshot_close(&question->snapshot);
    watched_close(&question->watched);
    outside_end(&question->outside);
    question->state = ASK_FAILED;
}

bool ask_one(struct question *question, const char *command, int pid, struct ask_how how) {
    struct watched watched;
    char why[WATCHED_WHY];
    enum watched_answer answer = how.outside || how.halts ? WATCHED_NO : watched_open(&watched, pid, why);
    if (answer == WATCHED_HINDERED || (answer == WATCHED_NO && !watched_unprepared(&watched, pid, why))) {
        complain("%s: process %d: %s", command, pid, why);
        return false;
    }
    watched.halts = how.halts;
    watched.reach = how.reach;
    ask_begin(question, watched, how.patience);
    ask_await(question, 1);
    if (question->state == ASK_ANSWERED)
        return true;
    if (watched.name[0] != '\0')
        complain("%s: process %d (%s): %s", command, pid, watched.name, question->why);
    else
        complain("%s: process %d: %s", command, pid, question->why);
    ask_end(question);
    return false;
}
