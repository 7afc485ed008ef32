#include "elf_marks.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

/* The newest version that it defines: GLIBC_2.36 and the like, in its table of versions. */
unsigned glibc_minor_of(Elf *elf) {
    unsigned newest = 0;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        GElf_Shdr header;
        if (!gelf_getshdr(section, &header) || header.sh_type != SHT_GNU_verdef)
            continue;
        Elf_Data *data = elf_getdata(section, NULL);
        size_t at = 0;
        GElf_Verdef one;
        while (data && gelf_getverdef(data, (int)at, &one)) {
            GElf_Verdaux name;
            if (gelf_getverdaux(data, (int)(at + one.vd_aux), &name)) {
                const char *words = elf_strptr(elf, header.sh_link, name.vda_name);
                unsigned minor = 0;
                if (words && strncmp(words, "GLIBC_2.", 8) == 0)
                    minor = (unsigned)atoi(words + 8);
                newest = minor > newest ? minor : newest;
            }
            if (one.vd_next == 0)
                break;
            at += one.vd_next;
        }
    }
    return newest;
}

bool elf_has_section(Elf *elf, const char *wanted) {
    size_t names;
    if (elf_getshdrstrndx(elf, &names) != 0)
        return false;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        GElf_Shdr header;
        const char *name = gelf_getshdr(section, &header) ? elf_strptr(elf, names, header.sh_name) : NULL;
        if (name && strcmp(name, wanted) == 0)
            return true;
    }
    return false;
}
