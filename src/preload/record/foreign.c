#include "foreign.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "rt/descriptors.h"
#include "rt/own_descriptors.h"
#include "rt/sys.h"
#include "rt/text.h"
#include "shared/pid_namespace.h"

enum { REMEMBERED = 64 };

static bool nested; /* the PID namespace is not the first */
static bool received;
static bool others; /* more than are remembered, or of a kind that has no number of its own */
static ino_t inherited[REMEMBERED];
static size_t inherited_count;

static bool is_first_namespace(void) {
    char name[sizeof LW_FIRST_PID_NAMESPACE];
    long length = sys_call(SYS_readlinkat, AT_FDCWD, LW_PID_NAMESPACE, name, sizeof name);
    return lw_is_first_pid_namespace(name, length);
}

/* Pipes and sockets have a number; eventfds, timers and sets share one (kernel: fs/anon_inodes.c), and no type. */
static void note(int fd) {
    struct stat status;
    if (sys_call(SYS_fstat, fd, &status) != 0)
        return;
    if (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode)) {
        others |= inherited_count == REMEMBERED;
        if (inherited_count < REMEMBERED)
            inherited[inherited_count++] = status.st_ino;
    } else if ((status.st_mode & S_IFMT) == 0) {
        others = true;
    }
}

static bool take_inherited(void *unused, int fd, const char *name) {
    (void)unused, (void)name;
    note(fd); /* of the directory that they are listed in too, which is none of these kinds */
    return true;
}

void foreign_note(void) {
    nested = !is_first_namespace();
    if (!nested)
        return;
    others |= !each_descriptor(take_inherited, NULL);
}

void foreign_received(const struct msghdr *message) {
    if (!nested || received || message->msg_controllen == 0)
        return;
    struct msghdr copy = *message;
    for (struct cmsghdr *part = CMSG_FIRSTHDR(&copy); part; part = CMSG_NXTHDR(&copy, part))
        if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS)
            __atomic_store_n(&received, true, __ATOMIC_RELAXED);
}

bool foreign_is_possible(void) {
    return nested;
}

bool foreign_might_be(int fd) {
    struct stat status;
    if (!nested)
        return false;
    if (__atomic_load_n(&received, __ATOMIC_RELAXED) || sys_call(SYS_fstat, fd, &status) != 0)
        return true;
    if ((status.st_mode & S_IFMT) == 0)
        return others;
    for (size_t i = 0; i < inherited_count; i++)
        if (inherited[i] == status.st_ino)
            return true;
    return others && inherited_count == REMEMBERED;
}
