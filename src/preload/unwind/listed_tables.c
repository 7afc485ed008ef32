#include "listed_tables.h"

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>

#include "rt/sys.h"

enum { MODULES_MAX = 4096, HEADERS_MAX = 64 };

/* False if pc is not in this module. */
static bool look(uintptr_t bias, uintptr_t headers, size_t count, uintptr_t pc, uintptr_t *table) {
    ElfW(Phdr) header[HEADERS_MAX];
    bool inside = false;
    *table = 0;
    if (count > HEADERS_MAX || sys_peek(headers, header, count * sizeof *header) != count * sizeof *header)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (header[i].p_type == PT_LOAD && pc - (bias + header[i].p_vaddr) < header[i].p_memsz)
            inside = true;
        if (header[i].p_type == PT_GNU_EH_FRAME)
            *table = bias + header[i].p_vaddr;
    }
    return inside;
}

/* The program comes first; one at a fixed address has its header elsewhere than at its bias, which is 0. */
uintptr_t listed_table_of(uintptr_t pc) {
    uintptr_t at = (uintptr_t)_r_debug.r_map, table;
    struct link_map module;
    for (size_t i = 0; i < MODULES_MAX && at != 0 && sys_peek(at, &module, sizeof module) == sizeof module;
         i++) {
        ElfW(Ehdr) elf;
        if (i == 0) {
            if (look(module.l_addr, getauxval(AT_PHDR), getauxval(AT_PHNUM), pc, &table))
                return table;
        } else if (sys_peek(module.l_addr, &elf, sizeof elf) == sizeof elf &&
                   memcmp(elf.e_ident, ELFMAG, SELFMAG) == 0 &&
                   look(module.l_addr, module.l_addr + elf.e_phoff, elf.e_phnum, pc, &table)) {
            return table;
        }
        at = (uintptr_t)module.l_next;
    }
    return 0;
}
