#include "files.h"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/base_name.h"

char *files_hexadecimal(const uint8_t *bytes, size_t count) {
    char *words = malloc(2 * count + 1);
    for (size_t i = 0; words && i < count; i++)
        sprintf(words + 2 * i, "%02x", bytes[i]);
    if (words)
        words[2 * count] = '\0';
    return words;
}

/* The file on disk must be the one that was running: a rebuilt one gives wrong lines. What it has instead is
 * noted, to be told if no other file will do. */
static bool is_same_build(const char *build_id, int fd, char **other) {
    if (!build_id)
        return true;
    elf_version(EV_CURRENT); /* before anything else of libelf's */
    Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
    const void *id = NULL;
    ssize_t size = elf ? dwelf_elf_gnu_build_id(elf, &id) : -1;
    char *found = size > 0 ? files_hexadecimal(id, (size_t)size) : NULL;
    bool same = found && strcmp(found, build_id) == 0;
    if (!same && !*other && elf && elf_kind(elf) == ELF_K_ELF)
        *other = strdup(found ? found : "missing");
    free(found);
    elf_end(elf);
    return same;
}

/* A file of the right build at this path; -1 if there is none. What is no regular file is not waited for. */
static int open_at(const char *build_id, char **other, const char *format, ...) {
    char path[4096];
    struct stat status;
    va_list rest;
    va_start(rest, format);
    int length = vsnprintf(path, sizeof path, format, rest);
    va_end(rest);
    int fd = length < (int)sizeof path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
    if (fd >= 0 &&
        (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || !is_same_build(build_id, fd, other))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* Nothing in a module without a build-id tells whether the file at its path is the one that was mapped. Of a running process the kernel does (proc(5), /proc/PID/maps: "(deleted)"); else it is
 * another one if it was put there later. */
static bool is_replaced(const struct symbol_places *places, const char *path) {
    char name[4096 + 16];
    struct stat status;
    if (places->running == 0)
        return places->made != 0 && !places->sysroot && stat(path, &status) == 0 &&
               (uint64_t)status.st_ctim.tv_sec * 1000000000u + (uint64_t)status.st_ctim.tv_nsec >
                   places->made;
    bool removed = false;
    size_t room = 0;
    char *line = NULL;
    snprintf(name, sizeof name, "/proc/%d/maps", places->running);
    FILE *maps = fopen(name, "re");
    snprintf(name, sizeof name, " %s (deleted)\n", path);
    while (!removed && maps && getline(&line, &room, maps) > 0) {
        size_t length = strlen(line), end = strlen(name);
        removed = length > end && strcmp(line + length - end, name) == 0;
    }
    free(line);
    if (maps)
        fclose(maps);
    return removed;
}

/* What a running process has mapped is there even if it was removed or replaced since, as by an upgrade; root may open it (proc(5),
 * /proc/PID/map_files). */
static int open_mapped(int pid, const char *path, const char *build_id, char **other) {
    static const char deleted[] = " (deleted)";
    char name[32], *line = NULL;
    size_t room = 0, length = strlen(path);
    unsigned long long start, end;
    int at, fd = -1;
    snprintf(name, sizeof name, "/proc/%d/maps", pid);
    FILE *maps = fopen(name, "re");
    while (fd < 0 && maps && getline(&line, &room, maps) > 0) {
        line[strcspn(line, "\n")] = '\0';
        if (sscanf(line, "%llx-%llx %*s %*s %*s %*s %n", &start, &end, &at) != 2 ||
            strncmp(line + at, path, length) != 0 || strcmp(line + at + length, deleted) != 0)
            continue;
        fd = open_at(build_id, other, "/proc/%d/map_files/%llx-%llx", pid, start, end);
        break;
    }
    free(line);
    if (maps)
        fclose(maps);
    return fd;
}

int files_open(const struct symbol_places *places, const struct wanted_file *wanted, char **other) {
    const char *id = wanted->build_id, *root = places->sysroot ? places->sysroot : "", *debug = places->debug;
    const char *name = base_name(wanted->path);
    const char *directories[] = {debug, "/usr/lib/debug"};
    int fd = -1;
    *other = NULL;
    if (!id && wanted->is_program && places->exe)
        fd = open_at(id, other, "%s", places->exe);
    if (fd < 0 && !id && is_replaced(places, wanted->path))
        *other = strdup("");
    else if (fd < 0)
        fd = open_at(id, other, "%s%s", root, wanted->path);
    if (fd < 0 && id && wanted->is_program && places->exe)
        fd = open_at(id, other, "%s", places->exe);
    if (fd < 0 && places->running && wanted->path[0] == '/')
        fd = open_mapped(places->running, wanted->path, id, other);
    /* one that has changed its root since, or was started from without, has it where this one sees it */
    if (fd < 0 && places->running && root[0] && id) {
        char *unasked = NULL;
        fd = open_at(id, &unasked, "%s", wanted->path);
        free(unasked);
    }
    for (size_t i = 0; i < 2 && fd < 0 && id && strlen(id) > 2; i++)
        if (directories[i])
            fd = open_at(id, other, "%s/.build-id/%.2s/%s.debug", directories[i], id, id + 2);
    if (fd < 0 && debug)
        fd = open_at(id, other, "%s/%s.debug", debug, name);
    if (fd < 0 && debug)
        fd = open_at(id, other, "%s/%s", debug, name);
    if (fd < 0 && debug)
        fd = open_at(id, other, "%s%s", debug, wanted->path);
    return fd;
}

char *files_debug_path(const struct symbol_places *places) {
    const char *root = places->sysroot;
    char *path = NULL;
    if (asprintf(&path, ":.debug%s%s%s%s%s:/usr/lib/debug", places->debug ? ":" : "",
                 places->debug ? places->debug : "", root ? ":" : "", root ? root : "",
                 root ? "/usr/lib/debug" : "") < 0)
        return NULL;
    return path;
}
