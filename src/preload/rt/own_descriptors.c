#include "own_descriptors.h"

#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "sys.h"
#include "text.h"

static uint32_t users, ended; /* of descriptors; how often one has ended */
static uint32_t ended_before_fork;
static int awaited; /* the process that a pidfd is of */

void own_descriptors_begin(void) {
    __atomic_fetch_add(&users, 1, __ATOMIC_ACQ_REL);
}

void own_descriptors_end(void) {
    __atomic_fetch_add(&ended, 1, __ATOMIC_ACQ_REL);
    __atomic_fetch_sub(&users, 1, __ATOMIC_ACQ_REL);
}

void own_descriptors_pidfd(int pid) {
    __atomic_store_n(&awaited, pid, __ATOMIC_RELEASE);
}

void own_descriptors_before_fork(void) {
    ended_before_fork = __atomic_load_n(&ended, __ATOMIC_ACQUIRE);
}

static const char *path_of(struct text *path, const char *directory, int fd) {
    text_put(path, directory);
    text_put_number(path, fd);
    return path->at;
}

/* "Pid:\tN" in its fdinfo (proc(5)). */
static bool is_of_awaited(int fd) {
    char name[48], info[512], wanted[32];
    struct text path = TEXT_IN(name), words = TEXT_IN(wanted);
    text_put(&words, "Pid:\t");
    text_put_number(&words, awaited);
    text_put_char(&words, '\n');
    return awaited > 0 &&
           sys_read_file(AT_FDCWD, path_of(&path, "/proc/thread-self/fdinfo/", fd), info, sizeof info) > 0 &&
           strstr(info, wanted);
}

static bool is_ours(int fd) {
    enum { PROC_SUPER_MAGIC = 0x9fa0 };
    static const char memfd[] = "/memfd:" OWN_MEMFD, pidfd[] = "anon_inode:[pidfd]", pidfs[] = "pidfd:[";
    char name[48], target[64];
    struct stat status;
    struct statfs system;
    long flags = sys_call(SYS_fcntl, fd, F_GETFL), descriptor_flags = sys_call(SYS_fcntl, fd, F_GETFD);
    if (flags < 0 || !(descriptor_flags & FD_CLOEXEC) || sys_call(SYS_fstat, fd, &status) != 0)
        return false;
    if ((flags & OWN_MARK) == OWN_MARK)
        return S_ISDIR(status.st_mode) ||
               (sys_call(SYS_fstatfs, fd, &system) == 0 && system.f_type == PROC_SUPER_MAGIC);
    if ((flags & OWN_WRITTEN_MARK) == OWN_WRITTEN_MARK)
        return S_ISREG(status.st_mode);
    struct text path = TEXT_IN(name);
    long length = sys_call(SYS_readlinkat, AT_FDCWD, path_of(&path, "/proc/thread-self/fd/", fd), target,
                           sizeof target - 1);
    target[length > 0 ? length : 0] = '\0';
    if (strncmp(target, memfd, sizeof memfd - 1) == 0)
        return true;
    bool of_process = strcmp(target, pidfd) == 0 || strncmp(target, pidfs, sizeof pidfs - 1) == 0;
    return of_process && is_of_awaited(fd);
}

/* fork copies the descriptors, and after them the memory: what was open then may have been closed since, and
 * the memory say so already. */
void own_descriptors_forked(void) {
    enum { MOST = 1 << 16 };
    if (users == 0 && ended == ended_before_fork)
        return;
    users = 0;
    struct rlimit limit = {.rlim_cur = MOST};
    sys_call(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit);
    for (int fd = 0; fd < MOST && (rlim_t)fd < limit.rlim_cur; fd++)
        if (is_ours(fd))
            sys_call(SYS_close, fd);
}
