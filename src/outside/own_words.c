#include "own_words.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "loaded.h"

/* Is its page no file's, nor memory that others share? Anybody who may read the process may ask (kernel: Documentation/admin-guide/mm/pagemap.rst,
 * bits 63, 62 and 61). */
static bool is_anonymous(const struct target *target, uint64_t address) {
    enum { PAGE = 4096 };
    const uint64_t present = 1ull << 63, swapped = 1ull << 62, file_or_shared = 1ull << 61;
    char path[32];
    uint64_t entry = 0;
    snprintf(path, sizeof path, "/proc/%d/pagemap", target->through);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool read = pread(fd, &entry, sizeof entry, (off_t)(address / PAGE * sizeof entry)) == sizeof entry;
    close(fd);
    return read && (entry & (present | swapped)) && !(entry & file_or_shared);
}

/* Is it in what the object that is mapped from `start` on says to be its data? Between its segments there may be holes, and mmap puts other
 * memory into them. */
static bool is_in_data(const struct target *target, const struct lw_snapshot_module *module,
                       uint64_t address) {
    Elf64_Phdr segment[LOADED_HEADERS];
    size_t count = loaded_headers(target, module->start, segment);
    for (size_t i = 0; i < count; i++)
        if (segment[i].p_type == PT_LOAD && (segment[i].p_flags & PF_W) &&
            address - module->bias - segment[i].p_vaddr < segment[i].p_memsz)
            return true;
    return false;
}

static bool is_data_of_module(const struct target *target, const struct snapshot_writer *writer,
                              uint64_t address) {
    const struct lw_snapshot_module *modules =
        (const void *)((const char *)writer->base + writer->header->modules.offset);
    for (uint64_t i = 0; i < writer->header->modules.count; i++)
        if (address >= modules[i].start && address < modules[i].end)
            return is_in_data(target, &modules[i], address);
    return false;
}

/* Waiting on a word breaks the tie of its page to a file, if it may be written to: the kernel then knows the sleeper by this process and the
 * address (kernel: kernel/futex/core.c, get_futex_key). */
bool own_words_have(const struct target *target, const struct snapshot_writer *modules, uint64_t futex) {
    const struct mapping *mapping = target->seen_as != 0 ? target_mapping(target, futex) : NULL;
    if (!mapping || !mapping->writable || mapping->shared)
        return false;
    bool lasting = strcmp(mapping->path, "[heap]") == 0 || strcmp(mapping->path, "[stack]") == 0 ||
                   is_data_of_module(target, modules, futex);
    return lasting && is_anonymous(target, futex);
}
