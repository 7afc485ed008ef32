/* liar SNAPSHOT [MODE]: looks watched, and answers requests with lies made of a snapshot, another each time:
 *   flip (default)  the snapshot with some of its bytes and words changed
 *   cut             a part of it      shrink   it is cut while it is read
 *   huge            sparse, 4 TiB     garbage  no snapshot
 *   fifo, link      no file           silent   no answer
 *   die             it ends instead of answering */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../../src/shared/request.h"
#include "../../src/shared/snapshot.h"

static char *truth, *lie;
static size_t size;

static uint64_t next_random(void) {
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* The header is changed rarely, or nothing would come past it. */
static size_t flip(void) {
    memcpy(lie, truth, size);
    for (unsigned i = 0, changes = 1 + next_random() % 30; i < changes; i++) {
        size_t from = next_random() % 8 ? sizeof(struct lw_snapshot_header) : 0,
               at = from + next_random() % (size - from);
        uint64_t interesting[] = {0, 1, UINT64_MAX, INT64_MAX, size, next_random(), next_random() % 64};
        uint64_t value = interesting[next_random() % 7];
        size_t width = (size_t)1 << next_random() % 4;
        at -= at % width;
        if (at + width <= size)
            memcpy(lie + at, &value, width);
    }
    return size;
}

static void put(int fd, const char *bytes, size_t count) {
    if (write(fd, bytes, count) != (ssize_t)count)
        _exit(5);
}

static void answer(const char *mode, const char *path) {
    char part[256];
    snprintf(part, sizeof part, "%s.part", path);
    if (strcmp(mode, "silent") == 0)
        return;
    if (strcmp(mode, "die") == 0)
        _exit(0);
    if (strcmp(mode, "fifo") == 0) {
        if (mkfifo(path, 0600) != 0)
            _exit(6);
        return;
    }
    if (strcmp(mode, "link") == 0) {
        if (symlink("/etc/passwd", path) != 0)
            _exit(7);
        return;
    }
    int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (strcmp(mode, "huge") == 0) {
        put(fd, truth, size);
        if (ftruncate(fd, (off_t)4 << 40) != 0 && ftruncate(fd, (off_t)300 << 20) != 0)
            _exit(8);
    } else if (strcmp(mode, "garbage") == 0) {
        for (int i = 0; i < 1000; i++) {
            uint64_t word = next_random();
            put(fd, (char *)&word, sizeof word);
        }
    } else if (strcmp(mode, "cut") == 0) {
        put(fd, truth, next_random() % size);
    } else if (strcmp(mode, "flip") == 0) {
        put(fd, lie, flip());
    } else {
        put(fd, truth, size);
    }
    rename(part, path);
    if (strcmp(mode, "shrink") == 0 && ftruncate(fd, 4096) != 0)
        _exit(9);
    close(fd);
}

int main(int count, char **arguments) {
    const char *mode = count > 2 ? arguments[2] : "flip";
    char name[64], directory[64], path[128];
    int fd = open(arguments[1], O_RDONLY);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0)
        return 2;
    size = (size_t)status.st_size;
    truth = malloc(size);
    lie = malloc(size);
    if (!truth || !lie || read(fd, truth, size) != (ssize_t)size)
        return 3;
    ((struct lw_snapshot_header *)truth)->pid = getpid();
    snprintf(directory, sizeof directory, "/dev/shm/" LW_REQUEST_DIRECTORY, geteuid());
    mkdir(directory, 0700);
    sigset_t asked;
    sigemptyset(&asked);
    sigaddset(&asked, SIGUSR1);
    /* handled, as far as anybody can see from outside */
    signal(SIGUSR1, exit);
    sigprocmask(SIG_BLOCK, &asked, NULL);
    snprintf(name, sizeof name, LW_MARK, LW_SNAPSHOT_VERSION, SIGUSR1);
    int mark = memfd_create(name, 0);
    if (mark < 0 || mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE, mark, 0) == MAP_FAILED)
        return 4;
    puts("ok");
    fflush(stdout);
    for (;;) {
        siginfo_t info;
        if (sigwaitinfo(&asked, &info) != SIGUSR1)
            continue;
        snprintf(path, sizeof path, "%s/" LW_REQUEST_FILE, directory,
                 (unsigned)(uintptr_t)info.si_value.sival_ptr);
        answer(mode, path);
    }
}
