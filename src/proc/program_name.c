#include "program_name.h"

#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory.h"
#include "shared/base_name.h"

/* The path that was executed lies where the kernel's auxiliary vector says (getauxval(3), AT_EXECFN); the program may write over it, and does not as
 * a rule: what setproctitle(3) takes is the arguments and the environment before it. */
static bool read_executed(int through, char *path, size_t room) {
    char file[32];
    Elf64_auxv_t entry;
    size_t length = 0;
    snprintf(file, sizeof file, "/proc/%d/auxv", through);
    FILE *auxv = fopen(file, "re");
    while (auxv && fread(&entry, sizeof entry, 1, auxv) == 1 && entry.a_type != AT_NULL)
        if (entry.a_type == AT_EXECFN)
            length = memory_read(through, entry.a_un.a_val, path, room - 1);
    if (auxv)
        fclose(auxv);
    path[length] = '\0';
    return path[0] != '\0';
}

/* Of a script it is the script's; /proc/self/exe and the like are names of no use. */
static bool is_of_program(int through, const char *path) {
    char exe[32], whole[4200];
    struct stat named, program;
    snprintf(exe, sizeof exe, "/proc/%d/exe", through);
    snprintf(whole, sizeof whole, "/proc/%d/%s/%s", through, path[0] == '/' ? "root" : "cwd", path);
    return strncmp(path, "/proc/", 6) != 0 && strncmp(path, "/dev/fd/", 8) != 0 && stat(whole, &named) == 0 &&
           stat(exe, &program) == 0 && named.st_dev == program.st_dev && named.st_ino == program.st_ino;
}

static void drop_end(char *words, const char *end) {
    size_t length = strlen(words), size = strlen(end);
    if (length > size && strcmp(words + length - size, end) == 0)
        words[length - size] = '\0';
}

void program_name(int through, char *name, size_t room) {
    char link[32], file[4096], executed[4096];
    snprintf(link, sizeof link, "/proc/%d/exe", through);
    ssize_t length = readlink(link, file, sizeof file - 1);
    file[length > 0 ? length : 0] = '\0';
    drop_end(file, " (deleted)");
    bool other = length > 0 && read_executed(through, executed, sizeof executed) &&
                 strcmp(base_name(executed), base_name(file)) != 0 && is_of_program(through, executed);
    snprintf(name, room, "%.60s", base_name(other ? executed : file));
}

void name_process(char *into, size_t room, int proc, int pid) {
    char path[32], name[17] = "process";
    snprintf(path, sizeof path, "%d/comm", pid);
    int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, name, sizeof name - 1);
    if (length > 0)
        name[name[length - 1] == '\n' ? length - 1 : length] = '\0';
    if (fd >= 0)
        close(fd);
    snprintf(into, room, "%s (%d)", name, pid);
}
