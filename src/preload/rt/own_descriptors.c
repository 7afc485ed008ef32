#include "own_descriptors.h"

#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statfs.h>

#include "shared/request.h"
#include "sys.h"
#include "text.h"

/* Files of /proc by how they were opened; memfds, and the answers to requests, by their names. */
static bool is_ours(int fd) {
    enum { PROC_SUPER_MAGIC = 0x9fa0 };
    static const char memfd[] = "/memfd:" OWN_MEMFD, answers[] = "/" LW_REQUEST_DIRECTORY;
    char name[32], target[256], wanted[32];
    struct statfs system;
    long flags = sys_call(SYS_fcntl, fd, F_GETFL), descriptor_flags = sys_call(SYS_fcntl, fd, F_GETFD);
    if (flags < 0 || !(descriptor_flags & FD_CLOEXEC))
        return false;
    if ((flags & OWN_MARK) == OWN_MARK)
        return sys_call(SYS_fstatfs, fd, &system) == 0 && system.f_type == PROC_SUPER_MAGIC;
    struct text path = TEXT_IN(name), directory = TEXT_IN(wanted);
    text_put(&path, "/proc/self/fd/");
    text_put_number(&path, fd);
    text_put_n(&directory, answers, strcspn(answers, "%"));
    text_put_number(&directory, sys_call(SYS_geteuid));
    long length = sys_call(SYS_readlinkat, AT_FDCWD, name, target, sizeof target - 1);
    target[length > 0 ? length : 0] = '\0';
    if (strncmp(target, memfd, sizeof memfd - 1) == 0)
        return true;
    const char *found = strstr(target, wanted), *end = found ? found + directory.length : NULL;
    return found && (*end == '\0' || *end == '/');
}

void own_descriptors_forked(void) {
    enum { MOST = 1 << 16 };
    struct rlimit limit = {.rlim_cur = MOST};
    sys_call(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit);
    for (int fd = 0; fd < MOST && (rlim_t)fd < limit.rlim_cur; fd++)
        if (is_ours(fd))
            sys_call(SYS_close, fd);
}
