#include "mapped_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "words.h"

/* Linux 6.11 (include/uapi/linux/fs.h, PROCMAP_QUERY; not in older headers). */
struct mapping_query {
    uint64_t size, flags, from, start, end, permissions, page_size, offset, inode;
    uint32_t device_major, device_minor, name_size, build_id_size;
    uint64_t name, build_id;
};
#define MAPPING_QUERY _IOWR('f', 17, struct mapping_query)
enum { OR_NEXT = 0x10, OF_FILES = 0x20 };

/* The kernel is asked for one after the other. It passes over the others, as the stacks of ten thousand threads, which take it as many lines
 * of /proc/PID/maps. False if it does not answer. */
static bool put_each(int maps, FILE *out) {
    char name[4096];
    struct mapping_query query = {.size = sizeof query};
    do {
        query.flags = OR_NEXT | OF_FILES;
        query.from = query.end;
        query.name_size = sizeof name;
        query.name = (uintptr_t)name;
        if (ioctl(maps, MAPPING_QUERY, &query) != 0)
            return errno == ENOENT;
        fprintf(out, " %s\n", query.name_size > 0 ? name : "");
    } while (query.end > query.from);
    return false;
}

char *mapped_files(int proc, int pid) {
    char path[32], *names = NULL;
    size_t size;
    snprintf(path, sizeof path, "%d/maps", pid);
    int maps = openat(proc, path, O_RDONLY | O_CLOEXEC);
    FILE *out = maps >= 0 ? open_memstream(&names, &size) : NULL;
    bool answered = out && put_each(maps, out);
    if (out && fclose(out) != 0)
        answered = false;
    if (maps >= 0)
        close(maps);
    if (answered)
        return names;
    free(names);
    return proc_words_whole(proc, path);
}

static bool starts(const char *words, const char *start) {
    return strncmp(words, start, strlen(start)) == 0;
}

bool mapped_strangers(int proc, int pid) {
    static const char *const plain[] = {"/dev/zero", "/dev/shm/", "/dev/null"};
    char *words = mapped_files(proc, pid), *rest = words;
    bool found = !words;
    for (char *line; !found && (line = strsep(&rest, "\n"));) {
        const char *name = strpbrk(line, "/[");
        const char *anonymous = strstr(line, " anon_inode:");
        found = anonymous || (name && starts(name, "/[aio]"));
        if (!found && name && starts(name, "/dev/")) {
            found = true;
            for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
                found &= !starts(name, plain[i]);
        }
    }
    free(words);
    return found;
}
