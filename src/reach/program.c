#include "program.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* These keep addresses in forms of their own: compressed, tagged, or as offsets. */
static bool has_own_addresses(const char *file) {
    static const char *const names[] = {"libjvm.so", "libnode.so", "libv8",   "node",      "java",
                                        "chrome",    "chromium",   "libmono", "libcoreclr"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t length = strlen(names[i]);
        bool is_program = strncmp(names[i], "lib", 3) != 0;
        if (strncmp(file, names[i], length) == 0 && (!is_program || file[length] == '\0'))
            return true;
    }
    return false;
}

struct imports {
    bool cancels, jumps, is_go;
};

static void read_symbols(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, struct imports *imports) {
    static const char *const jumps[] = {"siglongjmp",    "longjmp",    "_longjmp",
                                        "__longjmp_chk", "setcontext", "swapcontext"};
    Elf_Data *data = elf_getdata(section, NULL);
    size_t count = data && header->sh_entsize ? header->sh_size / header->sh_entsize : 0;
    for (size_t i = 0; i < count; i++) {
        GElf_Sym symbol;
        const char *name = gelf_getsym(data, (int)i, &symbol) && symbol.st_shndx == SHN_UNDEF
                               ? elf_strptr(elf, header->sh_link, symbol.st_name)
                               : NULL;
        if (!name)
            continue;
        imports->cancels |= strcmp(name, "pthread_cancel") == 0;
        for (size_t k = 0; k < sizeof jumps / sizeof *jumps; k++)
            imports->jumps |= strcmp(name, jumps[k]) == 0;
    }
}

static void read_imports(const char *path, struct imports *imports) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    Elf *elf = fd >= 0 && elf_version(EV_CURRENT) != EV_NONE ? elf_begin(fd, ELF_C_READ_MMAP, NULL) : NULL;
    size_t names;
    for (Elf_Scn *section = NULL;
         elf && elf_getshdrstrndx(elf, &names) == 0 && (section = elf_nextscn(elf, section));) {
        GElf_Shdr header;
        if (!gelf_getshdr(section, &header))
            continue;
        const char *name = elf_strptr(elf, names, header.sh_name);
        imports->is_go |= name && strcmp(name, ".go.buildinfo") == 0;
        if (header.sh_type == SHT_DYNSYM)
            read_symbols(elf, section, &header, imports);
    }
    if (elf)
        elf_end(elf);
    if (fd >= 0)
        close(fd);
}

enum lw_frozen_refusal program_refuses(const struct snapshot *snapshot) {
    struct imports imports = {0};
    for (uint64_t i = 0; i < snapshot->header->modules.count; i++) {
        const char *path = snapshot_words(snapshot, snapshot->modules[i].path), *slash = strrchr(path, '/');
        const char *file = slash ? slash + 1 : path;
        if (has_own_addresses(file))
            return LW_FROZEN_GENERATED;
        if (path[0] == '/' && strncmp(file, "libc.so", 7) != 0 && strncmp(file, "libleakwatch", 12) != 0)
            read_imports(path, &imports);
    }
    bool handles = lw_waking_signals(snapshot->header->handlers) != 0;
    return imports.is_go              ? LW_FROZEN_GENERATED
           : imports.cancels          ? LW_FROZEN_CANCELS
           : handles && imports.jumps ? LW_FROZEN_JUMPS
                                      : LW_FROZEN_NONE;
}
