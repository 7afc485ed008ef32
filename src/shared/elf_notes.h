/* The notes of an ELF file or of what is mapped of one (elf(5)). Only bytes that were copied are read: their sizes may be wrong. */
#pragma once

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct elf_note {
    uint32_t type;
    const char *owner; /* with its NUL, if owner_size is right */
    size_t owner_size;
    const char *content;
    size_t size;
};

/* The note at *at, which becomes that of the next. False at the end, and where a note reaches behind it. */
static inline bool elf_note_next(const char *bytes, size_t size, size_t *at, struct elf_note *note) {
    Elf64_Nhdr head;
    if (*at > size || sizeof head > size - *at)
        return false;
    memcpy(&head, bytes + *at, sizeof head);
    size_t owner = *at + sizeof head, content = owner + (((size_t)head.n_namesz + 3) & ~(size_t)3);
    if (content > size || head.n_descsz > size - content)
        return false;
    *note = (struct elf_note){head.n_type, bytes + owner, head.n_namesz, bytes + content, head.n_descsz};
    *at = content + (((size_t)head.n_descsz + 3) & ~(size_t)3);
    return true;
}

/* Copies the build-id among the notes, as much of it as there is room for; returns how much, 0 without. */
static inline uint32_t elf_build_id(const char *bytes, size_t size, uint8_t *id, size_t room) {
    struct elf_note note;
    for (size_t at = 0; elf_note_next(bytes, size, &at, &note);) {
        if (note.type != NT_GNU_BUILD_ID || note.owner_size != 4 || memcmp(note.owner, "GNU", 4) != 0)
            continue;
        size_t taken = note.size < room ? note.size : room;
        memcpy(id, note.content, taken);
        return (uint32_t)taken;
    }
    return 0;
}
