#include "process.h"

#include <string.h>

#include "rt/clock.h"
#include "rt/memory.h"
#include "rt/sys.h"
#include "rt/text.h"

struct process process;
int32_t sys_pid;

/* Not passed on to the tool: it must not be watched, nor use the program's allocator or library path tricks.
 */
static bool is_ours(const char *variable) {
    static const char *const names[] = {"LD_PRELOAD=", "LEAKWATCH_OPTIONS=", "LD_AUDIT=", "MALLOC_"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(variable, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

/* Programs write over their environment (setproctitle) and change it while we might look: copy it once. */
static char **copy_environment(char **envp) {
    size_t count = 0, bytes = 0;
    for (char **variable = envp; *variable; variable++) {
        count++;
        bytes += strlen(*variable) + 1;
    }
    char **copy = memory_map((count + 1) * sizeof *copy + bytes);
    if (!copy)
        return NULL;
    char *at = (char *)(copy + count + 1);
    size_t kept = 0;
    for (char **variable = envp; *variable; variable++) {
        if (is_ours(*variable))
            continue;
        size_t length = strlen(*variable) + 1;
        copy[kept++] = memcpy(at, *variable, length);
        at += length;
    }
    return copy;
}

/* Valgrind preloads a library of its own into what it runs. */
static bool is_emulated(char **envp) {
    for (; *envp; envp++)
        if (strncmp(*envp, "LD_PRELOAD=", 11) == 0 && strstr(*envp, "/vgpreload_"))
            return true;
    return false;
}

void process_setup(int argc, char **argv, char **envp) {
    process.emulated = is_emulated(envp);
    sys_pid = process.pid = (int32_t)sys_call(SYS_getpid);
    process.started = clock_ns(CLOCK_MONOTONIC);
    long length = sys_call(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", process.exe, sizeof process.exe - 1);
    text_copy(process.program, sizeof process.program, argc > 0 ? argv[0] : "?");
    if (length <= 0)
        text_copy(process.exe, sizeof process.exe, process.program);
    process.environment = copy_environment(envp);
}

void process_forked(void) {
    sys_pid = process.pid = (int32_t)sys_call(SYS_getpid);
    process.started = clock_ns(CLOCK_MONOTONIC);
}

bool process_is_ours(void) {
    return !process.filtered && (int32_t)sys_call(SYS_getpid) == process.pid;
}

const char *process_name(void) {
    const char *slash = strrchr(process.program, '/');
    return slash ? slash + 1 : process.program;
}
