/* A loaded object, by its ELF header, which is mapped with it (ELF, "Program Loading"). */
#pragma once

#include <link.h>
#include <stdint.h>

/* How far it reaches in memory, from its header on. */
static inline uintptr_t image_size(const ElfW(Ehdr) * header) {
    const ElfW(Phdr) *segment = (const void *)((uintptr_t)header + header->e_phoff);
    uintptr_t size = 0;
    for (int i = 0; i < header->e_phnum; i++)
        if (segment[i].p_type == PT_LOAD && segment[i].p_vaddr + segment[i].p_memsz > size)
            size = segment[i].p_vaddr + segment[i].p_memsz;
    return size;
}
