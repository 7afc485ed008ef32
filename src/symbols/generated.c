#include "generated.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAMES_MOST = 1 << 20 };

struct generated_names {
    struct piece {
        uint64_t start, size;
        char *name;
    } * pieces;
    size_t count, room;
};

/* It lies where everybody may put files: what another user says is not believed, nor is anything waited for. */
static FILE *open_map(const char *path, const char *process) {
    struct stat map, owner;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return NULL;
    FILE *file = NULL;
    if (fstat(fd, &map) == 0 && stat(process, &owner) == 0 && S_ISREG(map.st_mode) &&
        map.st_uid == owner.st_uid)
        file = fdopen(fd, "r");
    if (!file)
        close(fd);
    return file;
}

static bool add(struct generated_names *names, const char *line) {
    unsigned long long start, size;
    int name = 0;
    if (sscanf(line, "%llx %llx %n", &start, &size, &name) != 2 || name == 0 || !line[name])
        return true;
    if (names->count == names->room) {
        names->room = names->room ? 2 * names->room : 256;
        struct piece *larger = reallocarray(names->pieces, names->room, sizeof *larger);
        if (!larger)
            return false;
        names->pieces = larger;
    }
    char *words = strndup(line + name, strcspn(line + name, "\n"));
    if (!words)
        return false;
    for (char *at = words; *at; at++) /* a terminal must not obey it */
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = '?';
    names->pieces[names->count++] = (struct piece){start, size, words};
    return names->count < NAMES_MOST;
}

struct generated_names *generated_read(const char *path, const char *process) {
    FILE *file = open_map(path, process);
    struct generated_names *names = file ? calloc(1, sizeof *names) : NULL;
    char *line = NULL;
    size_t room = 0;
    while (names && getline(&line, &room, file) > 0 && add(names, line))
        ;
    free(line);
    if (file)
        fclose(file);
    return names;
}

/* Code that was thrown away leaves its line behind: the last that fits is the newest. */
const char *generated_name(const struct generated_names *names, uint64_t address) {
    for (size_t i = names ? names->count : 0; i-- > 0;)
        if (address - names->pieces[i].start < names->pieces[i].size)
            return names->pieces[i].name;
    return NULL;
}

void generated_drop(struct generated_names *names) {
    for (size_t i = 0; names && i < names->count; i++)
        free(names->pieces[i].name);
    if (names)
        free(names->pieces);
    free(names);
}
