#include "linkage.h"

#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NESTED_MOST = 5, FIRST_LINE = 256 }; /* as the kernel has it: fs/exec.c, BINPRM_BUF_SIZE */

/* The file that execvp(3) would take. */
static bool find(char path[PATH_MAX], const char *program) {
    if (strchr(program, '/'))
        return snprintf(path, PATH_MAX, "%s", program) < PATH_MAX;
    char standard[PATH_MAX];
    const char *places = getenv("PATH");
    if (!places)
        places = confstr(_CS_PATH, standard, sizeof standard) > 0 ? standard : "";
    for (const char *end; *program; places = end + 1) {
        struct stat status;
        end = strchrnul(places, ':');
        int length = snprintf(path, PATH_MAX, "%.*s%s%s", (int)(end - places), places,
                              end > places ? "/" : "", program);
        if (length < PATH_MAX && stat(path, &status) == 0 && S_ISREG(status.st_mode) &&
            access(path, X_OK) == 0)
            return true;
        if (*end == '\0')
            break;
    }
    return false;
}

static int open_file(const char *path) {
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file >= 0 && (fstat(file, &status) != 0 || !S_ISREG(status.st_mode))) {
        close(file);
        file = -1;
    }
    return file;
}

/* What a script names in its first line, instead of its own path. */
static bool follow(int file, char path[PATH_MAX]) {
    char line[FIRST_LINE + 1];
    ssize_t length = pread(file, line, FIRST_LINE, 0);
    if (length < 2 || line[0] != '#' || line[1] != '!')
        return false;
    line[length] = '\0';
    char *name = line + 2 + strspn(line + 2, " \t");
    name[strcspn(name, " \t\r\n")] = '\0';
    return snprintf(path, PATH_MAX, "%s", name) < PATH_MAX && name[0];
}

/* ld.so itself may be run as a program, and then preloads: what tells a program from it is DF_1_PIE (ld -pie). */
static bool is_pie(Elf *elf, const GElf_Phdr *dynamic) {
    Elf_Data *data = elf_getdata_rawchunk(elf, (int64_t)dynamic->p_offset, dynamic->p_filesz, ELF_T_DYN);
    GElf_Dyn entry;
    for (int i = 0; data && gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++)
        if (entry.d_tag == DT_FLAGS_1)
            return entry.d_un.d_val & DF_1_PIE;
    return false;
}

static bool names_musl(int file, const GElf_Phdr *interpreter) {
    char path[PATH_MAX] = "";
    size_t size = interpreter->p_filesz < sizeof path ? interpreter->p_filesz : sizeof path - 1;
    return pread(file, path, size, (off_t)interpreter->p_offset) > 0 && strstr(path, "/ld-musl-");
}

static enum linkage of_segments(int file, Elf *elf, const GElf_Ehdr *header) {
    size_t count = 0;
    bool program = header->e_type == ET_EXEC;
    elf_getphdrnum(elf, &count);
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr segment;
        if (!gelf_getphdr(elf, (int)i, &segment))
            return LINKAGE_FINE;
        if (segment.p_type == PT_INTERP)
            return names_musl(file, &segment) ? LINKAGE_MUSL : LINKAGE_FINE;
        if (segment.p_type == PT_DYNAMIC)
            program |= is_pie(elf, &segment);
    }
    return program && count > 0 ? LINKAGE_STATIC : LINKAGE_FINE;
}

static bool header_of(const char *path, GElf_Ehdr *header) {
    int file = open_file(path);
    Elf *elf = file >= 0 ? elf_begin(file, ELF_C_READ, NULL) : NULL;
    bool known = elf && gelf_getehdr(elf, header);
    elf_end(elf);
    if (file >= 0)
        close(file);
    return known;
}

static enum linkage of_program(int file, Elf *elf) {
    GElf_Ehdr header, own;
    if (!gelf_getehdr(elf, &header) || !header_of("/proc/self/exe", &own))
        return LINKAGE_FINE;
    if (header.e_ident[EI_CLASS] != own.e_ident[EI_CLASS])
        return LINKAGE_BITS;
    if (header.e_machine != own.e_machine)
        return LINKAGE_MACHINE;
    return of_segments(file, elf, &header);
}

enum linkage linkage_of(const char *program) {
    char path[PATH_MAX];
    bool found = find(path, program);
    enum linkage linkage = LINKAGE_FINE;
    elf_version(EV_CURRENT);
    for (int nested = 0; found && nested < NESTED_MOST; nested++) {
        int file = open_file(path);
        if (file < 0)
            break;
        found = follow(file, path);
        Elf *elf = found ? NULL : elf_begin(file, ELF_C_READ, NULL);
        if (elf)
            linkage = of_program(file, elf);
        elf_end(elf);
        close(file);
    }
    return linkage;
}
