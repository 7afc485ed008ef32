#include "modules.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "progress.h"
#include "shared/base_name.h"

/* Directories in which libdwfl looks for debug files; NULL: the usual ones. It is asked while modules are
 * open, of which there may be several sets, each in its turn: see modules_debug_info. */
static char *debug_path;

static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_build_id_find_elf,
    .find_debuginfo = dwfl_standard_find_debuginfo,
    .section_address = dwfl_offline_section_address,
    .debuginfo_path = &debug_path,
};

static bool begins(const char *words, const char *start) {
    return strncmp(words, start, strlen(start)) == 0;
}

static void describe(struct module *module, const struct snapshot *snapshot,
                     const struct lw_snapshot_module *raw) {
    module->raw = raw;
    module->path = snapshot_words(snapshot, raw->path);
    if (raw->build_id_size)
        module->build_id = files_hexadecimal(raw->build_id, raw->build_id_size);
    const char *name = base_name(module->path);
    module->shim = begins(name, "libleakwatch.so");
    module->libc = begins(name, "libc.so") || begins(name, "libc-2.") || begins(name, "libpthread") ||
                   begins(name, "ld-linux") || begins(name, "ld-2.") || begins(name, "ld-musl");
}

void modules_open(struct modules *modules, const struct snapshot *snapshot,
                  const struct symbol_places *places) {
    *modules = (struct modules){.count = snapshot->header->modules.count};
    if (places)
        modules->places = *places;
    modules->debug_path = files_debug_path(&modules->places);
    modules->all = calloc(modules->count + 1, sizeof *modules->all);
    modules->complain = open_memstream(&modules->complaints, &modules->complaints_size);
    if (!modules->all || !modules->complain)
        abort();
    for (size_t i = 0; i < modules->count; i++)
        describe(&modules->all[i], snapshot, &snapshot->modules[i]);
    modules->dwfl = dwfl_begin(&callbacks);
    if (modules->dwfl)
        dwfl_report_begin(modules->dwfl);
}

void modules_close(struct modules *modules) {
    for (size_t i = 0; i < modules->count; i++)
        free(modules->all[i].build_id);
    dwfl_end(modules->dwfl);
    fclose(modules->complain);
    free(modules->complaints);
    free(modules->all);
    free(modules->debug_path);
}

struct module *modules_at(const struct modules *modules, uint64_t address) {
    for (size_t i = 0; i < modules->count; i++)
        if (address >= modules->all[i].raw->start && address < modules->all[i].raw->end)
            return &modules->all[i];
    return NULL;
}

/* A file that is nowhere here may still be had by its build-id, from the servers of DEBUGINFOD_URLS. */
static Dwfl_Module *from_server(struct modules *modules, const struct module *module) {
    GElf_Addr bias;
    const char *servers = getenv("DEBUGINFOD_URLS");
    if (!servers || !servers[0] || !module->build_id)
        return NULL;
    Dwfl_Module *dwfl =
        dwfl_report_module(modules->dwfl, base_name(module->path), module->raw->start, module->raw->end);
    if (!dwfl || dwfl_module_report_build_id(dwfl, module->raw->build_id, module->raw->build_id_size, 0) != 0)
        return NULL;
    return dwfl_module_getelf(dwfl, &bias) && bias == module->raw->bias ? dwfl : NULL;
}

Dwfl_Module *modules_debug_info(struct modules *modules, struct module *module) {
    debug_path = modules->debug_path;
    if (module->tried || !modules->dwfl)
        return module->dwfl;
    module->tried = true;
    if (module->path[0] != '/' && !strchr(module->path, '/'))
        return NULL; /* the vDSO */
    progress_step("reading debug information of %s", base_name(module->path));
    char *other = NULL;
    struct wanted_file wanted = {module->path, module->build_id, module == modules->all};
    int fd = files_open(&modules->places, &wanted, &other);
    if (fd >= 0)
        module->dwfl = dwfl_report_elf(modules->dwfl, base_name(module->path), module->path, fd,
                                       module->raw->bias, false);
    else
        module->dwfl = from_server(modules, module);
    if (fd >= 0 && !module->dwfl) {
        close(fd);
        fprintf(modules->complain, "leakwatch: %s: %s\n", module->path, dwfl_errmsg(-1));
    } else if (!module->dwfl && other && !module->build_id) {
        fprintf(modules->complain,
                "leakwatch: %s: it was put there since, and has no build-id: no names from it\n",
                module->path);
    } else if (!module->dwfl && other) {
        fprintf(modules->complain,
                "leakwatch: %s%s: build-id is %s, that of the running program was %s: no names from it\n",
                modules->places.sysroot ? modules->places.sysroot : "", module->path, other,
                module->build_id);
    }
    free(other);
    return module->dwfl;
}

Elf *modules_elf(struct modules *modules, struct module *module) {
    GElf_Addr bias;
    Dwfl_Module *dwfl = modules_debug_info(modules, module);
    return dwfl ? dwfl_module_getelf(dwfl, &bias) : NULL;
}

struct symbol_code modules_code(struct modules *modules, struct module *module) {
    enum { PAGE = 4096 };
    const struct lw_snapshot_module *raw = module->raw;
    struct symbol_code code = {raw->start, raw->end, raw->start - raw->bias};
    GElf_Addr bias;
    Dwfl_Module *dwfl = modules_debug_info(modules, module);
    Elf *elf = dwfl ? dwfl_module_getelf(dwfl, &bias) : NULL;
    size_t count = 0;
    if (elf && elf_getphdrnum(elf, &count) != 0)
        count = 0;
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr segment;
        if (!gelf_getphdr(elf, (int)i, &segment) || segment.p_type != PT_LOAD || !(segment.p_flags & PF_X))
            continue;
        uint64_t before = segment.p_vaddr % PAGE;
        code.start = raw->bias + segment.p_vaddr - before;
        code.end = (raw->bias + segment.p_vaddr + segment.p_memsz + PAGE - 1) / PAGE * PAGE;
        code.offset = segment.p_offset - before;
        break;
    }
    return code;
}
