#include "runtime.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc/memory.h"
#include "shared/base_name.h"
#include "symbols/files.h"

bool runtime_read(const struct runtime *runtime, uint64_t at, void *into, size_t size) {
    return at != 0 && memory_read(runtime->pid, at, into, size) == size;
}

uint64_t runtime_word(const struct runtime *runtime, uint64_t at) {
    uint64_t word;
    return runtime_read(runtime, at, &word, sizeof word) ? word : 0;
}

/* What libpython, or a python that has it in itself, exports. */
struct exports {
    uint64_t version, state, code, string, bytes, evaluation, evaluation_size;
};

static void take(struct exports *exports, const char *name, const GElf_Sym *symbol) {
    const struct {
        const char *name;
        uint64_t *value;
    } wanted[] = {{"Py_Version", &exports->version}, {"_PyRuntime", &exports->state},
                  {"PyCode_Type", &exports->code},   {"PyUnicode_Type", &exports->string},
                  {"PyBytes_Type", &exports->bytes}, {"_PyEval_EvalFrameDefault", &exports->evaluation}};
    if (symbol->st_shndx == SHN_UNDEF)
        return;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (strcmp(wanted[i].name, name) == 0)
            *wanted[i].value = symbol->st_value;
    if (strcmp(name, "_PyEval_EvalFrameDefault") == 0)
        exports->evaluation_size = symbol->st_size;
}

static struct exports read_exports(int fd) {
    struct exports exports = {0};
    elf_version(EV_CURRENT);
    Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
    for (Elf_Scn *section = NULL; elf && (section = elf_nextscn(elf, section));) {
        GElf_Shdr header;
        GElf_Sym symbol;
        Elf_Data *data;
        if (!gelf_getshdr(section, &header) || header.sh_type != SHT_DYNSYM || header.sh_entsize == 0 ||
            !(data = elf_getdata(section, NULL)))
            continue;
        for (int i = 0; i < (int)(header.sh_size / header.sh_entsize); i++) {
            const char *name =
                gelf_getsym(data, i, &symbol) ? elf_strptr(elf, header.sh_link, symbol.st_name) : NULL;
            if (name)
                take(&exports, name, &symbol);
        }
    }
    elf_end(elf);
    return exports;
}

static bool may_be_python(const char *path) {
    const char *name = base_name(path);
    return strncmp(name, "python", 6) == 0 || strncmp(name, "libpython3", 10) == 0;
}

/* Only a file of the build that the program had: it may have been replaced since. */
static struct exports exports_of(const struct snapshot *snapshot, size_t module,
                                 const struct symbol_places *places) {
    const struct lw_snapshot_module *raw = &snapshot->modules[module];
    char *build_id = raw->build_id_size ? files_hexadecimal(raw->build_id, raw->build_id_size) : NULL;
    char *other = NULL;
    struct wanted_file wanted = {snapshot_words(snapshot, raw->path), build_id, module == 0};
    int fd = files_open(places, &wanted, &other);
    struct exports exports = fd >= 0 ? read_exports(fd) : (struct exports){0};
    if (fd >= 0)
        close(fd);
    free(other);
    free(build_id);
    return exports;
}

bool runtime_find(struct runtime *runtime, const struct snapshot *snapshot, int pid,
                  const struct symbol_places *places) {
    for (size_t i = 0; i < snapshot->header->modules.count; i++) {
        uint64_t bias = snapshot->modules[i].bias;
        if (!may_be_python(snapshot_words(snapshot, snapshot->modules[i].path)))
            continue;
        struct exports exports = exports_of(snapshot, i, places);
        if (!exports.version || !exports.state || !exports.code || !exports.string || !exports.bytes ||
            !exports.evaluation)
            continue;
        *runtime = (struct runtime){.pid = pid,
                                    .state = bias + exports.state,
                                    .code = bias + exports.code,
                                    .string = bias + exports.string,
                                    .bytes = bias + exports.bytes,
                                    .evaluation = bias + exports.evaluation,
                                    .evaluation_end = bias + exports.evaluation + exports.evaluation_size};
        runtime->layout = python_layout(runtime_word(runtime, bias + exports.version));
        return runtime->layout != NULL;
    }
    return false;
}
