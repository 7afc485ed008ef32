#include "kernel_state.h"

#include <string.h>

#include "arch/arch.h"
#include "rt/clock.h"
#include "rt/sys.h"
#include "rt/text.h"

static void put_path(struct text *path, int tid, const char *name) {
    path->at[0] = '\0';
    text_put_number(path, tid);
    text_put(path, name);
}

long kernel_read_of(int task_directory, int tid, const char *name, char *buffer, size_t size) {
    char words[32];
    struct text path = TEXT_IN(words);
    put_path(&path, tid, name);
    return task_directory < 0 ? -EBADF : sys_read_file(task_directory, words, buffer, size);
}

int kernel_open_of(int task_directory, int tid, const char *name) {
    char words[32];
    struct text path = TEXT_IN(words);
    put_path(&path, tid, name);
    return task_directory < 0 ? -EBADF : (int)sys_call(SYS_openat, task_directory, words, OWN_FLAGS);
}

static bool is_gone(int task_directory, int tid) {
    char words[32];
    struct text path = TEXT_IN(words);
    put_path(&path, tid, "");
    return sys_call(SYS_faccessat, task_directory, words, F_OK) != 0;
}

struct kernel_state kernel_ask(int task_directory, int tid) {
    struct kernel_state kernel = {.state = KERNEL_SILENT, .number = -1};
    char line[256];
    long length = kernel_read_of(task_directory, tid, "/syscall", line, sizeof line);
    if (length == -ENOENT || length == -ESRCH) {
        /* The file may be missing from a kernel that has no such thing, while the thread is there. */
        if (is_gone(task_directory, tid))
            kernel.state = KERNEL_GONE;
        return kernel;
    }
    if (length <= 0)
        return kernel;
    if (line[0] == 'r') {
        kernel.state = KERNEL_RUNNING;
        return kernel;
    }
    const char *at = line;
    uint64_t values[9];
    unsigned count = 0;
    if (line[0] == '-') {
        at += 2; /* "-1 SP PC" */
        kernel.state = KERNEL_SLEEPS;
    }
    while (count < 9) {
        while (*at == ' ')
            at++;
        if (!text_number(&at, &values[count]))
            break;
        count++;
    }
    if (count == 9) {
        kernel.state = KERNEL_SLEEPS;
        kernel.number = (int64_t)values[0];
        for (int i = 0; i < 6; i++)
            kernel.argument[i] = values[i + 1];
    }
    if (count >= 2) {
        kernel.sp = values[count - 2];
        kernel.pc = values[count - 1];
    } else {
        kernel.state = KERNEL_SILENT;
    }
    return kernel;
}

struct kernel_state kernel_state_of_context(const void *context) {
    struct kernel_state kernel = {.state = KERNEL_SILENT, .number = -1};
    struct registers registers;
    unsigned char code[2 * SYSTEM_CALL_CODE];
    if (!context || sys_peek(CONTEXT_CODE(context), code, sizeof code) != sizeof code ||
        !context_shows_sleep(context, code))
        return kernel;
    registers_of_context(context, &registers);
    kernel.state = KERNEL_SLEEPS;
    kernel.number = context_call(context, code, kernel.argument);
    kernel.sp = registers.sp;
    kernel.pc = registers.pc;
    return kernel;
}

/* se.exec_start of /proc/PID/task/TID/sched, ns. It is printed as milliseconds with six decimals (kernel:
 * kernel/sched/debug.c). */
static uint64_t scheduler_time(int task_directory, int tid) {
    char words[512];
    if (kernel_read_of(task_directory, tid, "/sched", words, sizeof words) <= 0)
        return 0;
    const char *at = strstr(words, "se.exec_start");
    uint64_t ms, rest;
    if (!at || !(at = strchr(at, ':')))
        return 0;
    at += 1 + strspn(at + 1, " ");
    if (!text_number(&at, &ms) || *at++ != '.' || !text_number(&at, &rest))
        return 0;
    return ms * 1000000u + rest;
}

uint64_t kernel_last_ran(int task_directory, int tid, struct scheduler_clock *now) {
    if (now->monotonic == 0) {
        /* That clock has a zero of its own: it is read off the calling thread, which runs. */
        now->scheduler = scheduler_time(task_directory, (int)sys_call(SYS_gettid));
        now->monotonic = clock_ns(CLOCK_MONOTONIC);
    }
    uint64_t then = scheduler_time(task_directory, tid);
    if (now->scheduler == 0 || then == 0)
        return 0;
    uint64_t ago = now->scheduler > then ? now->scheduler - then : 0;
    return ago < now->monotonic ? now->monotonic - ago : now->monotonic;
}
