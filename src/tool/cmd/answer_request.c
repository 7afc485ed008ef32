#include "answer_request.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reach/carry.h"
#include "shared/request.h"
#include "tool/tool.h"

/* Formats that are shared with the shim. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-extra-args"

/* Can nobody else put something else in the place of what is in this directory? */
static bool is_safe_parent(int parent) {
    struct stat status;
    return fstat(parent, &status) == 0 && (status.st_uid == 0 || status.st_uid == geteuid()) &&
           ((status.st_mode & S_ISVTX) || !(status.st_mode & 022));
}

/* The directory below a place, as the shim makes it (preload/report/request_answer.c); -1 if it cannot be had. */
static int open_directory(const char *place) {
    char path[64], name[32];
    struct stat status;
    snprintf(path, sizeof path, place, (unsigned)geteuid());
    snprintf(name, sizeof name, LW_REQUEST_DIRECTORY, (unsigned)geteuid());
    int parent = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), directory = -1;
    if (parent < 0)
        return -1;
    if (is_safe_parent(parent) && (mkdirat(parent, name, 0700) == 0 || errno == EEXIST))
        directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    close(parent);
    if (directory >= 0 &&
        (fstat(directory, &status) != 0 || status.st_uid != geteuid() || (status.st_mode & 077))) {
        close(directory);
        directory = -1;
    }
    return directory;
}

/* The snapshot is mostly holes: only what has been put into it is copied. */
static bool copy(int to, const struct snapshot *snapshot) {
    off_t end = (off_t)snapshot->size, data = 0;
    while (data < end && (data = lseek(snapshot->fd, data, SEEK_DATA)) >= 0) {
        off_t hole = lseek(snapshot->fd, data, SEEK_HOLE);
        if (hole < 0)
            return false;
        hole = hole < end ? hole : end;
        if (!snapshot_put(to, (const char *)snapshot->base + data, (size_t)(hole - data), (uint64_t)data))
            return false;
        data = hole;
    }
    return ftruncate(to, end) == 0;
}

static bool write_into(int directory, const struct snapshot *snapshot, const struct reach_facts *facts,
                       uint32_t token) {
    char name[16], part[24];
    snprintf(name, sizeof name, LW_REQUEST_FILE, token);
    snprintf(part, sizeof part, "%s.part", name);
    int file = openat(directory, part, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (file < 0)
        return false;
    bool whole = copy(file, snapshot) && reach_write(file, (snapshot->size + 7) & ~(uint64_t)7, facts);
    if (!whole && ftruncate(file, 0) != 0)
        whole = false; /* what is there is no snapshot, and is told as such */
    close(file);
    return renameat(directory, part, directory, name) == 0 && whole;
}

bool answer_request(const struct snapshot *snapshot, const struct reach_facts *facts, uint32_t token) {
    static const char *const places[] = {
#define X(place) place,
        LW_REQUEST_PLACES(X)
#undef X
    };
    int directory = -1;
    for (size_t i = 0; directory < 0 && i < sizeof places / sizeof *places; i++)
        directory = open_directory(places[i]);
    bool written = directory >= 0 && write_into(directory, snapshot, facts, token);
    if (!written)
        complain("no answer to a request: %s",
                 directory < 0 ? "no directory of the user's own in /run/user, /dev/shm or /tmp"
                               : strerror(errno));
    if (directory >= 0)
        close(directory);
    return written;
}
