#include "process.h"

#include <string.h>

#include "rt/clock.h"
#include "rt/memory.h"
#include "rt/sys.h"
#include "rt/text.h"
#include "shared/base_name.h"

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

/* Programs that start themselves again are called /proc/self/exe, or by a number in place of self. */
static bool is_link_to_program(const char *name) {
    if (strncmp(name, "/proc/", 6) != 0)
        return false;
    const char *slash = strchr(name + 6, '/');
    return slash && text_equal(slash, "/exe");
}

/* What the kernel appends to the name of a file that is no more (proc(5)). */
static void drop_suffix(char *text, const char *suffix) {
    size_t length = strlen(text), tail = strlen(suffix);
    if (length > tail && text_equal(text + length - tail, suffix))
        text[length - tail] = '\0';
}

void process_setup(int argc, char **argv, char **envp) {
    process.emulated = is_emulated(envp);
    sys_pid = process.pid = (int32_t)sys_call(SYS_getpid);
    process.user = (uint32_t)sys_call(SYS_getuid);
    process.started = clock_ns(CLOCK_MONOTONIC);
    long length = sys_call(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", process.exe, sizeof process.exe - 1);
    if (length > 0)
        drop_suffix(process.exe, " (deleted)");
    text_copy(process.program, sizeof process.program,
              argc == 0                                   ? "?"
              : length > 0 && is_link_to_program(argv[0]) ? process.exe
                                                          : argv[0]);
    if (length <= 0)
        text_copy(process.exe, sizeof process.exe, process.program);
    process.environment = copy_environment(envp);
}

void process_forked(void) {
    sys_pid = process.pid = (int32_t)sys_call(SYS_getpid);
    process.user = (uint32_t)sys_call(SYS_getuid);
    process.started = clock_ns(CLOCK_MONOTONIC);
}

bool process_is_the_watched(void) {
    return (int32_t)sys_call(SYS_getpid) == process.pid;
}
bool process_is_ours(void) {
    return !process.filtered && process_is_the_watched();
}

const char *process_name(void) {
    return base_name(process.program);
}

/* The link is there, and leads nowhere (kernel: kernel/pid_namespace.c, pidns_for_children_get). */
bool process_makes_first(void) {
    static const char link[] = "/proc/thread-self/ns/pid_for_children";
    struct stat status;
    char target[64];
    return sys_call(SYS_readlinkat, AT_FDCWD, link, target, sizeof target) == -ENOENT &&
           sys_call(SYS_newfstatat, AT_FDCWD, link, &status, AT_SYMLINK_NOFOLLOW) == 0;
}
