/* Looks whether the thread that is in a call sleeps, and only then sends it what the seed says: a signal with
 * SA_RESTART, one without, one whose handler makes every object ready, a cancellation; in the end a signal
 * whose handler jumps out: it "blocks". So nothing depends on how fast anything is. With "snapshots" a SIGUSR1
 * comes before each of these: under the preload it must change nothing. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sequence_stage.h"

static const char event_letters[] = "?RIFCG";

static const char *read_status(pid_t pid, pid_t tid) {
    static char status[4096];
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/status", pid, tid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, status, sizeof status - 1);
    if (fd >= 0)
        close(fd);
    status[got < 0 ? 0 : got] = 0;
    return status;
}
static uint64_t signals_in(const char *status, const char *field) {
    const char *found = strstr(status, field);
    return found ? strtoull(found + strlen(field), NULL, 16) : 0;
}

/* It sleeps, and neither in the handler of a snapshot, where every signal is blocked, nor with one to come.
 */
static bool sleeps(pid_t pid, pid_t tid) {
    enum { ALWAYS_BLOCKED = 1 << (SIGUSR2 - 1) };
    const char *status = read_status(pid, tid);
    return strstr(status, "State:\tS") && (signals_in(status, "SigBlk:") & ~(uint64_t)ALWAYS_BLOCKED) == 0 &&
           (signals_in(status, "SigPnd:") & ~(uint64_t)ALWAYS_BLOCKED) == 0;
}

static void pass_us(long us) {
    nanosleep(&(struct timespec){0, us * 1000}, NULL);
}

/* It sleeps in a call that does not end by itself. One look could catch it on its way there. */
static bool is_blocked(pid_t pid) {
    enum { LOOKS = 3 };
    unsigned entered = stage->entered, taken = stage->taken;
    for (int look = 0; look < LOOKS; look++) {
        if (look > 0)
            pass_us(20);
        if (stage->left == entered || stage->entered != entered || stage->taken != taken || stage->timed ||
            !sleeps(pid, stage->tid))
            return false;
    }
    return true;
}

static enum event next_event(uint64_t seed, unsigned call, unsigned number) {
    enum { AT_MOST = 3 };
    unsigned drawn_event = drawn(seed, call, 1000 + number, 8);
    if (number == AT_MOST || drawn_event == 7)
        return GIVES_UP;
    return drawn_event < 3 ? RESTARTS : drawn_event < 5 ? INTERRUPTS : stage->cancellable ? CANCELS : FEEDS;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

int direct(pid_t pid, uint64_t seed, bool snapshots) {
    enum { TOO_LONG = 20, SHORTEST_US = 30, LONGEST_US = 500 };
    unsigned entered = 0, number = 0, taken = 0;
    bool has_snapshot = !snapshots;
    double begun = now();
    for (long us = SHORTEST_US;; pass_us(us), us += us < LONGEST_US ? us / 4 : 0) {
        int status;
        if (waitpid(pid, &status, WNOHANG) == pid)
            return status;
        if (now() - begun > TOO_LONG) {
            say(" STUCK");
            kill(pid, SIGKILL);
            waitpid(pid, &status, 0);
            return status;
        }
        if (taken > stage->taken || !is_blocked(pid))
            continue;
        number = stage->entered == entered ? number : 0;
        entered = stage->entered;
        us = SHORTEST_US;
        if (!has_snapshot) {
            syscall(SYS_tgkill, pid, stage->tid, SIGUSR1);
            has_snapshot = true;
            continue;
        }
        has_snapshot = !snapshots;
        enum event event = next_event(seed, entered - 1, number++);
        say(" <%c", event_letters[event]);
        taken = stage->taken + 1;
        if (event == CANCELS)
            stage->cancels = true;
        else
            syscall(SYS_tgkill, pid, stage->tid, SIGRTMIN + (int)event);
    }
}
