#include "rights.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "status.h"
#include "words.h"

/* Does this process have the capability, in its own user namespace? */
static bool has_capability(int number) {
    char words[64], *status = proc_status(getpid(), 0);
    bool has =
        proc_status_value(status, "CapEff", words, sizeof words) && (strtoull(words, NULL, 16) >> number & 1);
    free(status);
    return has;
}

/* Everybody may read it but where /proc is mounted with hidepid (proc(5)). */
static bool is_hidden(int pid, int error) {
    char path[32];
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    return error == ENOENT ? kill(pid, 0) == 0 || errno == EPERM
                           : (error == EACCES || error == EPERM) && access(path, R_OK) != 0;
}

static bool is_of_another_user(int pid) {
    char words[128], *status = proc_status(pid, 0);
    unsigned long real, effective, saved;
    bool other = proc_status_value(status, "Uid", words, sizeof words) &&
                 sscanf(words, "%lu %lu %lu", &real, &effective, &saved) == 3 &&
                 (real != getuid() || effective != getuid() || saved != getuid());
    free(status);
    return other;
}

/* 0 if there is no Yama. */
static int yama_scope(void) {
    char words[16];
    return proc_words(AT_FDCWD, "/proc/sys/kernel/yama/ptrace_scope", words, sizeof words) > 0 ? atoi(words)
                                                                                               : 0;
}

/* ptrace(2), "Ptrace access mode checking", in its order: the user, whether it is dumpable, then Yama. */
void rights_say(int pid, char state, int error, char why[256]) {
    int scope = yama_scope();
    if (is_hidden(pid, error))
        snprintf(why, 256, "/proc does not show it, being mounted with hidepid (proc(5)): ask as root");
    else if (strchr("ZX", state) || error == ESRCH || error == ENOENT)
        snprintf(why, 256, "it has ended");
    else if (error != EACCES && error != EPERM)
        snprintf(why, 256, "/proc/%d cannot be read: %s", pid, strerror(error));
    else if (getuid() != 0 && is_of_another_user(pid))
        snprintf(why, 256, "it belongs to another user: ask as that user or as root");
    else if (scope == 3)
        snprintf(why, 256,
                 "Yama lets nobody look into a process (kernel.yama.ptrace_scope is 3, until the next boot): "
                 "start it with "
                 "the preload");
    else if (!has_capability(CAP_SYS_PTRACE) && geteuid() == 0)
        snprintf(why, 256,
                 "root without CAP_SYS_PTRACE may not look into it: in a container, start that with "
                 "--cap-add SYS_PTRACE");
    else if (scope > 0 && !has_capability(CAP_SYS_PTRACE))
        snprintf(why, 256,
                 "Yama lets only %s look into it (kernel.yama.ptrace_scope is %d): ask as root, or sysctl -w "
                 "kernel.yama.ptrace_scope=0",
                 scope == 1 ? "its ancestors" : "root", scope);
    else if (has_capability(CAP_SYS_PTRACE))
        snprintf(
            why, 256,
            "it may not be looked into in spite of CAP_SYS_PTRACE: a security module (SELinux, AppArmor) "
            "or its user namespace forbids that; ask from where it was started");
    else
        snprintf(why, 256, "its /proc/%d may not be read (it may have set PR_SET_DUMPABLE to 0): ask as root",
                 pid);
}
