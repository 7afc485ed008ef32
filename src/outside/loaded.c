#include "loaded.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "shared/elf_notes.h"

size_t loaded_headers(const struct target *target, uint64_t start, Elf64_Phdr header[LOADED_HEADERS]) {
    Elf64_Ehdr elf;
    if (!target_has(target, start, &elf, sizeof elf) || memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0 ||
        elf.e_ident[EI_CLASS] != ELFCLASS64 || elf.e_phentsize != sizeof *header ||
        elf.e_phnum > LOADED_HEADERS ||
        !target_has(target, start + elf.e_phoff, header, elf.e_phnum * sizeof *header))
        return 0;
    return elf.e_phnum;
}

static void read_build_id(const struct target *target, uint64_t notes, uint64_t size,
                          struct lw_snapshot_module *module) {
    char bytes[4096];
    size = target_read(target, notes, bytes, size < sizeof bytes ? size : sizeof bytes);
    module->build_id_size = elf_build_id(bytes, size, module->build_id, sizeof module->build_id);
}

/* What the headers at `start` tell of an object that is mapped there. False if there are none. */
static bool read_headers(const struct target *target, uint64_t start, struct lw_snapshot_module *module) {
    enum { PAGE = 4096 };
    Elf64_Phdr header[LOADED_HEADERS];
    size_t count = loaded_headers(target, start, header);
    uint64_t low = UINT64_MAX, high = 0;
    for (size_t i = 0; i < count; i++) {
        if (header[i].p_type != PT_LOAD)
            continue;
        low = header[i].p_vaddr < low ? header[i].p_vaddr : low;
        high = header[i].p_vaddr + header[i].p_memsz > high ? header[i].p_vaddr + header[i].p_memsz : high;
    }
    if (high <= low)
        return false;
    module->start = start;
    module->bias = start - (low & ~(uint64_t)(PAGE - 1));
    module->end = module->bias + high;
    for (size_t i = 0; i < count && module->build_id_size == 0; i++)
        if (header[i].p_type == PT_NOTE)
            read_build_id(target, module->bias + header[i].p_vaddr, header[i].p_memsz, module);
    return module->end > module->start;
}

/* A file that is only read through a mapping is not loaded: none of its code can be run. */
static bool has_code(const struct target *target, size_t first, const char *path, uint64_t *end) {
    bool code = false;
    for (size_t i = first; i < target->mapping_count && target->mappings[i].start < *end; i++) {
        const struct mapping *mapping = &target->mappings[i];
        bool own = strcmp(mapping->path, path) == 0;
        /* what another file is mapped to is not this one's; what has no name may be its .bss */
        if (!own && mapping->path[0] == '/')
            *end = mapping->start;
        code |= own && mapping->executable;
    }
    return code;
}

static uint32_t put_path(struct snapshot_writer *writer, const char *path) {
    char words[4096];
    const char *deleted = strstr(path, " (deleted)");
    size_t length = deleted && strcmp(deleted, " (deleted)") == 0 ? (size_t)(deleted - path) : strlen(path);
    snprintf(words, sizeof words, "%.*s", (int)length, path);
    return snapshot_string(writer, words);
}

static bool put_one(const struct target *target, struct snapshot_writer *writer, size_t at) {
    const struct mapping *mapping = &target->mappings[at];
    bool vdso = strcmp(mapping->path, "[vdso]") == 0;
    struct lw_snapshot_module module = {0}, *kept;
    if ((mapping->path[0] != '/' && !vdso) || mapping->offset != 0 ||
        !read_headers(target, mapping->start, &module) || !has_code(target, at, mapping->path, &module.end) ||
        !(kept = snapshot_module(writer)))
        return false;
    *kept = module;
    kept->path = vdso ? snapshot_string(writer, "linux-vdso.so.1") : put_path(writer, mapping->path);
    return true;
}

static bool is_program(const struct target *target, const struct mapping *mapping) {
    size_t length = strlen(target->exe);
    return length > 0 && strncmp(mapping->path, target->exe, length) == 0 &&
           (mapping->path[length] == '\0' || strcmp(mapping->path + length, " (deleted)") == 0);
}

void loaded_put(const struct target *target, struct snapshot_writer *writer) {
    size_t program = target->mapping_count;
    for (size_t i = 0; i < target->mapping_count && program == target->mapping_count; i++)
        if (is_program(target, &target->mappings[i]) && put_one(target, writer, i))
            program = i;
    for (size_t i = 0; i < target->mapping_count; i++)
        if (i != program)
            put_one(target, writer, i);
}

static bool is_removed_library(const struct mapping *mapping) {
    static const char removed[] = " (deleted)";
    size_t length = strlen(mapping->path), end = sizeof removed - 1;
    return mapping->executable && mapping->path[0] == '/' && strstr(mapping->path, ".so") && length > end &&
           strcmp(mapping->path + length - end, removed) == 0;
}

void loaded_note_removed(struct target *target) {
    for (size_t i = 0; i < target->mapping_count && target->note[0] == '\0'; i++) {
        const struct mapping *mapping = &target->mappings[i];
        char path[80];
        if (!is_removed_library(mapping))
            continue;
        snprintf(path, sizeof path, "/proc/%d/map_files/%llx-%llx", target->through,
                 (unsigned long long)mapping->start, (unsigned long long)mapping->end);
        if (access(path, R_OK) != 0)
            snprintf(target->note, sizeof target->note,
                     "%.200s, replaced while it runs, can only be read by root: its frames and waits are not "
                     "known",
                     mapping->path);
    }
}
