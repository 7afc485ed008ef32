#include "modules.h"

#include <link.h>
#include <string.h>
#include <sys/auxv.h>

#include "rt/sys.h"
#include "shared/elf_notes.h"

enum { MODULES_MAX = 4096, HEADERS_MAX = 64 };

static bool next_object(uintptr_t *at, struct link_map *object) {
    if (*at == 0 || sys_peek(*at, object, sizeof *object) != sizeof *object)
        return false;
    *at = (uintptr_t)object->l_next;
    return true;
}

size_t modules_count(void) {
    uintptr_t at = (uintptr_t)_r_debug.r_map;
    struct link_map object;
    size_t count = 0;
    while (count < MODULES_MAX && next_object(&at, &object))
        count++;
    return count + 8; /* some may be loaded before we write */
}

static void read_build_id(uintptr_t notes, size_t size, struct lw_snapshot_module *module) {
    char bytes[1024];
    size = sys_peek(notes, bytes, size < sizeof bytes ? size : sizeof bytes);
    module->build_id_size = elf_build_id(bytes, size, module->build_id, sizeof module->build_id);
}

/* Fills start, end and build id from the program headers. False if they cannot be read. */
static bool read_headers(uintptr_t bias, uintptr_t headers, size_t count, struct lw_snapshot_module *module) {
    ElfW(Phdr) header[HEADERS_MAX];
    if (count > HEADERS_MAX || sys_peek(headers, header, count * sizeof *header) != count * sizeof *header)
        return false;
    uintptr_t low = UINTPTR_MAX, high = 0;
    for (size_t i = 0; i < count; i++) {
        uintptr_t start = bias + header[i].p_vaddr;
        if (header[i].p_type == PT_LOAD) {
            low = start < low ? start : low;
            high = start + header[i].p_memsz > high ? start + header[i].p_memsz : high;
        } else if (header[i].p_type == PT_NOTE && module->build_id_size == 0) {
            read_build_id(start, header[i].p_memsz, module);
        }
    }
    module->start = low & ~(uintptr_t)4095;
    module->end = high;
    module->bias = bias;
    return high != 0;
}

void modules_write(struct snapshot_writer *writer, const char *exe) {
    uintptr_t at = (uintptr_t)_r_debug.r_map;
    struct link_map object;
    for (size_t count = 0; count < MODULES_MAX && next_object(&at, &object); count++) {
        char path[1024] = "";
        uintptr_t headers;
        size_t header_count;
        sys_peek((uintptr_t)object.l_name, path, sizeof path - 1);
        if (count == 0) {
            /* the program: a fixed-address one has bias 0, so its header is not at its bias */
            headers = getauxval(AT_PHDR);
            header_count = getauxval(AT_PHNUM);
        } else {
            ElfW(Ehdr) elf;
            if (sys_peek(object.l_addr, &elf, sizeof elf) != sizeof elf ||
                memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0)
                continue;
            headers = object.l_addr + elf.e_phoff;
            header_count = elf.e_phnum;
        }
        struct lw_snapshot_module module = {0}, *kept;
        if (read_headers(object.l_addr, headers, header_count, &module) && (kept = snapshot_module(writer))) {
            *kept = module;
            kept->path = snapshot_string(writer, count == 0 ? exe : path);
        }
    }
}
