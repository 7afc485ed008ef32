#include "request_answer.h"

#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "process.h"
#include "rt/own_descriptors.h"
#include "rt/sys.h"
#include "rt/text.h"
#include "shared/request.h"

/* Writes the pattern with its %u and %d in turn. */
static void expand(struct text *into, const char *pattern, uint32_t first, int second) {
    for (bool again = false; *pattern; pattern++) {
        if (*pattern != '%') {
            text_put_char(into, *pattern);
            continue;
        }
        pattern++;
        text_put_number(into, again ? second : (int64_t)first);
        again = true;
    }
}

void request_announce(int signal) {
    char name[64];
    struct text words = TEXT_IN(name);
    expand(&words, LW_MARK, LW_SNAPSHOT_VERSION, signal);
    long fd = sys_call(SYS_memfd_create, name, MFD_CLOEXEC);
    if (fd < 0)
        return; /* the tool will say that it is not watched; kill(1) still asks */
    enum { PAGE = 4096 };
    sys_call(SYS_mmap, NULL, PAGE, PROT_NONE, MAP_PRIVATE, fd, 0);
    sys_call(SYS_close, fd);
}

/* Tokens that the last requests had: the tool repeats a request that may have been lost. */
static uint32_t answered[8];

uint32_t request_of(const siginfo_t *info) {
    uint64_t value = (uint64_t)(uintptr_t)info->si_value.sival_ptr;
    return info->si_code == SI_QUEUE && value >> 32 == LW_REQUEST ? (uint32_t)value : 0;
}

/* Can nobody else put something else in the place of what is in this directory? */
static bool is_safe_parent(const struct stat *parent, uint32_t user) {
    return (parent->st_uid == 0 || parent->st_uid == user) &&
           ((parent->st_mode & S_ISVTX) || !(parent->st_mode & 022));
}

/* The directory below a place; -1 if that cannot be had, or is anybody else's. */
static long open_directory(const char *place, uint32_t user) {
    char path[64], name[32];
    struct text place_words = TEXT_IN(path), name_words = TEXT_IN(name);
    expand(&place_words, place, user, 0);
    expand(&name_words, LW_REQUEST_DIRECTORY, user, 0);
    long parent = sys_call(SYS_openat, AT_FDCWD, path, O_DIRECTORY | OWN_FLAGS);
    if (parent < 0)
        return -1;
    struct stat status;
    long directory = -1;
    if (sys_call(SYS_fstat, parent, &status) == 0 && is_safe_parent(&status, user)) {
        sys_call(SYS_mkdirat, parent, name, 0700);
        directory = sys_call(SYS_openat, parent, name, O_DIRECTORY | O_NOFOLLOW | OWN_FLAGS);
    }
    sys_call(SYS_close, parent);
    if (directory >= 0 && (sys_call(SYS_fstat, directory, &status) != 0 || status.st_uid != user ||
                           (status.st_mode & 077) != 0)) {
        sys_call(SYS_close, directory);
        directory = -1;
    }
    return directory;
}

static bool write_at(long fd, const char *bytes, uint64_t at, uint64_t end) {
    while (at < end) {
        long written = sys_call(SYS_pwrite64, fd, bytes + at, end - at, at);
        if (written <= 0)
            return false;
        at += (uint64_t)written;
    }
    return true;
}

/* The snapshot is mostly holes: only what has been put into it is copied (lseek(2), SEEK_DATA). */
static bool copy(long fd, const struct captured *captured) {
    struct rlimit limit;
    if (sys_call(SYS_prlimit64, 0, RLIMIT_FSIZE, NULL, &limit) != 0 || limit.rlim_cur < captured->size)
        return false;
    uint64_t at = 0, end = captured->size;
    while (captured->fd >= 0 && at < end) {
        long data = sys_call(SYS_lseek, captured->fd, at, SEEK_DATA);
        long hole = data < 0 ? data : sys_call(SYS_lseek, captured->fd, data, SEEK_HOLE);
        if (hole < 0)
            break;
        uint64_t to = (uint64_t)hole < end ? (uint64_t)hole : end;
        if (!write_at(fd, captured->base, (uint64_t)data, to))
            return false;
        at = to;
    }
    if (captured->fd < 0 && !write_at(fd, captured->base, 0, end))
        return false;
    return sys_call(SYS_ftruncate, fd, end) == 0;
}

/* The caller will go to sleep once more, in the call that the request has interrupted, unless that has been satisfied: who reads the
 * answer can count (getrusage(2), ru_nvcsw; proc(5), voluntary_ctxt_switches). The last thing that is written. */
static void tell_sleeps(long fd) {
    struct rusage usage;
    uint32_t answer = LW_ANSWER_GOES_ON;
    if (sys_call(SYS_getrusage, RUSAGE_THREAD, &usage) != 0)
        return;
    uint64_t sleeps = (uint64_t)usage.ru_nvcsw;
    sys_call(SYS_pwrite64, fd, &sleeps, sizeof sleeps, offsetof(struct lw_snapshot_header, answer_at));
    sys_call(SYS_pwrite64, fd, &answer, sizeof answer, offsetof(struct lw_snapshot_header, answer));
}

static bool is_answered(uint32_t token) {
    for (size_t i = 0; i < sizeof answered / sizeof *answered; i++)
        if (answered[i] == token)
            return true;
    return false;
}

static void note_answered(uint32_t token) {
    static uint32_t next;
    answered[next++ % (sizeof answered / sizeof *answered)] = token;
}

bool request_is_new(uint32_t token) {
    if (is_answered(token))
        return false;
    note_answered(token);
    return true;
}

void request_answer(const struct captured *captured, uint32_t token) {
    if (is_answered(token))
        return;
    static const char *const places[] = {
#define X(place) place,
        LW_REQUEST_PLACES(X)
#undef X
    };
    uint32_t user = (uint32_t)sys_call(SYS_geteuid);
    long directory = -1;
    for (size_t i = 0; directory < 0 && i < sizeof places / sizeof *places; i++)
        directory = open_directory(places[i], user);
    if (directory < 0) {
        text_complain("no answer to a request in ", process_name(),
                      ": no directory of its user's own in /run/user, /dev/shm or /tmp", NULL);
        return;
    }
    char name[16], part[16];
    struct text words = TEXT_IN(name), part_words = TEXT_IN(part);
    static const char digits[] = "0123456789abcdef";
    for (int shift = 28; shift >= 0; shift -= 4)
        text_put_char(&words, digits[token >> shift & 15]);
    text_put(&part_words, name);
    text_put(&part_words, ".part");
    long fd = sys_call(SYS_openat, directory, part, O_CREAT | O_EXCL | OWN_WRITTEN_FLAGS, 0600);
    if (fd >= 0) {
        bool whole = copy(fd, captured);
        if (whole)
            tell_sleeps(fd);
        else
            sys_call(SYS_ftruncate, fd, 0);
        sys_call(SYS_close, fd);
        if (sys_call(SYS_renameat, directory, part, directory, name) == 0 && whole)
            note_answered(token);
    }
    if (fd < 0)
        text_complain("no answer to a request in ", process_name(), ": no file can be made for it", NULL);
    sys_call(SYS_close, directory);
}
