#include "symbols.h"

#include <dwarf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "demangle.h"
#include "fields.h"
#include "generated.h"
#include "modules.h"
#include "position.h"
#include "progress.h"
#include "signal_frames.h"

enum { INLINES_MAX = 32 };

struct name {
    char *words;
    struct name *next;
};

struct looked_up {
    uint64_t key;
    uint64_t position; /* hash of its functions, files and lines */
    size_t count;
    struct symbol_frame *frames;
    UT_hash_handle hh;
};

struct symbols {
    const struct snapshot *snapshot;
    struct modules modules;
    struct looked_up *cache;
    struct name *names;                /* that had to be made */
    struct generated_names *generated; /* of the running process */
    bool generated_tried;
};

struct symbols *symbols_open(const struct snapshot *snapshot, const struct symbol_places *places) {
    struct symbols *symbols = calloc(1, sizeof *symbols);
    if (!symbols)
        abort();
    symbols->snapshot = snapshot;
    modules_open(&symbols->modules, snapshot, places);
    return symbols;
}

void symbols_close(struct symbols *symbols) {
    struct looked_up *entry, *next;
    HASH_ITER (hh, symbols->cache, entry, next) {
        HASH_DEL(symbols->cache, entry);
        free(entry->frames);
        free(entry);
    }
    for (struct name *name = symbols->names; name;) {
        struct name *next = name->next;
        free(name->words);
        free(name);
        name = next;
    }
    generated_drop(symbols->generated);
    modules_close(&symbols->modules);
    progress_end();
    free(symbols);
}

/* Readable form of a symbol's name, kept with `symbols`. */
static const char *readable(struct symbols *symbols, const char *name) {
    if (!name || name[0] != '_' || (name[1] != 'Z' && name[1] != 'R'))
        return name;
    char *words = demangle(name);
    struct name *kept = words ? malloc(sizeof *kept) : NULL;
    if (!kept) {
        free(words);
        return name;
    }
    *kept = (struct name){words, symbols->names};
    symbols->names = kept;
    return words;
}

static const char *name_of(struct symbols *symbols, Dwarf_Die *die) {
    Dwarf_Attribute memory;
    const char *linkage = dwarf_formstring(dwarf_attr_integrate(die, DW_AT_linkage_name, &memory));
    return linkage ? readable(symbols, linkage) : dwarf_diename(die);
}

static void add(struct looked_up *entry, struct symbol_frame frame) {
    entry->frames[entry->count++] = frame;
}

enum { SCOPES_MAX = 64 };

/* Appends what of `die` is around pc, the outermost first. dwarf_getscopes, after what is inlined, goes on with the scopes that it was written in, not
 * with those that it is inlined into. */
static int scopes_below(Dwarf_Die *die, uint64_t pc, Dwarf_Die *scopes, int count) {
    Dwarf_Die child;
    for (int end = dwarf_child(die, &child); end == 0 && count < SCOPES_MAX;
         end = dwarf_siblingof(&child, &child)) {
        int tag = dwarf_tag(&child), before = count;
        bool has_code =
            tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block;
        bool has_functions =
            tag == DW_TAG_namespace || tag == DW_TAG_structure_type || tag == DW_TAG_class_type;
        if (has_code && dwarf_haspc(&child, pc) > 0)
            scopes[count++] = child;
        if (count > before || has_functions)
            count = scopes_below(&child, pc, scopes, count);
        if (count > before)
            break;
    }
    return count;
}

/* Walks from the innermost inlined call outward, each with the line of its call site. */
static void add_inlined(struct symbols *symbols, struct looked_up *entry, Dwarf_Die *unit, uint64_t pc,
                        struct symbol_frame frame) {
    Dwarf_Die scopes[SCOPES_MAX], split;
    /* what a skeleton stands for lies in a file of its own (-gsplit-dwarf), if that is found */
    if (dwarf_cu_info(unit->cu, NULL, NULL, NULL, &split, NULL, NULL, NULL) == 0 &&
        dwarf_tag(&split) != DW_TAG_invalid)
        unit = &split;
    int count = scopes_below(unit, pc, scopes, 0);
    Dwarf_Files *files = NULL;
    size_t file_count;
    dwarf_getsrcfiles(unit, &files, &file_count);
    for (int i = count - 1; i >= 0 && entry->count < INLINES_MAX; i--) {
        int tag = dwarf_tag(&scopes[i]);
        if (tag == DW_TAG_subprogram) {
            const char *name = name_of(symbols, &scopes[i]);
            frame.function = frame.function ? frame.function : name;
            break;
        }
        if (tag != DW_TAG_inlined_subroutine)
            continue;
        struct symbol_frame inlined = frame;
        inlined.function = name_of(symbols, &scopes[i]);
        inlined.inlined = true;
        add(entry, inlined);
        Dwarf_Attribute memory;
        Dwarf_Word file = 0, line = 0;
        dwarf_formudata(dwarf_attr(&scopes[i], DW_AT_call_file, &memory), &file);
        dwarf_formudata(dwarf_attr(&scopes[i], DW_AT_call_line, &memory), &line);
        frame.file = files ? dwarf_filesrc(files, file, NULL, NULL) : NULL;
        frame.line = (int)line;
    }
    add(entry, frame);
}

/* The compilation unit around pc. Where some units have no entry in .debug_aranges (Go's), the nearest before
 * pc that has one may be another. */
static Dwarf_Die *unit_of(Dwfl_Module *dwfl, uint64_t pc, Dwarf_Addr *bias) {
    Dwarf_Die *unit = dwfl_module_addrdie(dwfl, pc, bias);
    if (!unit || dwarf_haspc(unit, pc - *bias) != 0)
        return unit;
    unit = NULL;
    while ((unit = dwfl_module_nextcu(dwfl, unit, bias)))
        if (dwarf_haspc(unit, pc - *bias) > 0)
            return unit;
    return NULL;
}

static void add_script(const struct snapshot *snapshot, struct looked_up *entry, struct symbol_frame frame) {
    uint64_t at = frame.address - LW_FRAME_SCRIPT;
    frame.language = "python";
    if (at < snapshot->script_count) {
        frame.function = snapshot->scripts[at].function;
        frame.file = snapshot->scripts[at].file;
        frame.line = snapshot->scripts[at].line;
    }
    add(entry, frame);
}

/* As the process sees its own number and its /tmp. */
static const char *name_of_generated(struct symbols *symbols, uint64_t address) {
    if (symbols->modules.places.running && !symbols->generated_tried) {
        char path[96], process[32];
        snprintf(process, sizeof process, "/proc/%d", symbols->modules.places.running);
        snprintf(path, sizeof path, "%s/root/tmp/perf-%d.map", process, symbols->snapshot->header->pid);
        symbols->generated = generated_read(path, process);
        symbols->generated_tried = true;
    }
    return generated_name(symbols->generated, address);
}

static void look_up(struct symbols *symbols, struct looked_up *entry, uint64_t address, bool is_return) {
    struct symbol_frame frame = {.module = "", .address = address};
    if (lw_frame_is_script(address)) {
        add_script(symbols->snapshot, entry, frame);
        return;
    }
    if (lw_frame_is_signal(address)) {
        frame.function = signal_frame_name((int)(address - LW_FRAME_SIGNAL));
        add(entry, frame);
        return;
    }
    struct module *module = modules_at(&symbols->modules, address);
    if (!module) {
        frame.function = name_of_generated(symbols, is_return ? address - 1 : address);
        add(entry, frame);
        return;
    }
    frame.module = module->path;
    frame.build_id = module->build_id;
    frame.offset = address - module->raw->bias;
    Dwfl_Module *dwfl = modules_debug_info(&symbols->modules, module);
    if (!dwfl) {
        add(entry, frame);
        return;
    }
    uint64_t pc = is_return ? address - 1 : address;
    GElf_Off offset;
    GElf_Sym symbol;
    const char *name = dwfl_module_addrinfo(dwfl, pc, &offset, &symbol, NULL, NULL, NULL);
    /* The nearest symbol before an address is not its function if it ends before it. */
    if (name && (symbol.st_size == 0 || offset < symbol.st_size))
        frame.function = readable(symbols, name);
    /* Debian packs libc's debug information: opening it takes longer than all the rest, and its lines are not
     * what anybody looks for. */
    Dwarf_Addr bias;
    Dwarf_Die *unit = module->libc ? NULL : unit_of(dwfl, pc, &bias);
    if (!unit) {
        add(entry, frame);
        return;
    }
    Dwarf_Attribute memory;
    frame.directory = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &memory));
    Dwarf_Line *line = dwarf_getsrc_die(unit, pc - bias);
    if (line) {
        frame.file = dwarf_linesrc(line, NULL, NULL);
        dwarf_lineno(line, &frame.line);
    }
    add_inlined(symbols, entry, unit, pc - bias, frame);
}

static const struct looked_up *find(struct symbols *symbols, uint64_t address, bool is_return) {
    uint64_t key = address << 1 | is_return;
    struct looked_up *entry;
    HASH_FIND(hh, symbols->cache, &key, sizeof key, entry);
    if (!entry) {
        entry = calloc(1, sizeof *entry);
        if (!entry || !(entry->frames = calloc(INLINES_MAX + 1, sizeof *entry->frames)))
            abort();
        entry->key = key;
        look_up(symbols, entry, address, is_return);
        entry->position = position_of(entry->frames, entry->count);
        HASH_ADD(hh, symbols->cache, key, sizeof entry->key, entry);
    }
    return entry;
}

size_t symbols_frames(struct symbols *symbols, uint64_t address, bool is_return,
                      const struct symbol_frame **frames) {
    const struct looked_up *entry = find(symbols, address, is_return);
    *frames = entry->frames;
    return entry->count;
}

uint64_t *symbols_positions(struct symbols *symbols, const struct snapshot *snapshot) {
    size_t count = snapshot->header->frames.count;
    uint64_t *positions = calloc(count + 1, sizeof *positions);
    for (size_t i = 0; positions && i < count; i++) {
        enum { STEP = 1 << 14 };
        if (i % STEP == STEP - 1)
            progress_step("naming address %zu of %zu", i + 1, count);
        positions[i] = find(symbols, snapshot->frames[i], true)->position;
    }
    return positions;
}

static char *object_name(struct symbols *symbols, uint64_t address, bool with_fields) {
    struct module *module = modules_at(&symbols->modules, address);
    Dwfl_Module *dwfl = module ? modules_debug_info(&symbols->modules, module) : NULL;
    GElf_Off offset;
    GElf_Sym symbol;
    char *words = NULL;
    const char *name = dwfl ? dwfl_module_addrinfo(dwfl, address, &offset, &symbol, NULL, NULL, NULL) : NULL;
    if (!name || (symbol.st_size != 0 && offset >= symbol.st_size))
        return NULL;
    char *fields = with_fields && offset > 0 ? fields_of(dwfl, address - offset, offset) : NULL;
    int length = fields   ? asprintf(&words, "%s%s", readable(symbols, name), fields)
                 : offset ? asprintf(&words, "%s+%llu", readable(symbols, name), (unsigned long long)offset)
                          : asprintf(&words, "%s", readable(symbols, name));
    free(fields);
    return length < 0 ? NULL : words;
}

char *symbols_object(struct symbols *symbols, uint64_t address) {
    return object_name(symbols, address, false);
}

char *symbols_field(struct symbols *symbols, uint64_t address) {
    return object_name(symbols, address, true);
}

bool symbols_is_shim(struct symbols *symbols, uint64_t address) {
    struct module *module = modules_at(&symbols->modules, address);
    return module && module->shim;
}

bool symbols_is_libc(struct symbols *symbols, uint64_t address) {
    struct module *module = modules_at(&symbols->modules, address);
    return module && module->libc;
}

const char *symbols_complaints(const struct symbols *symbols) {
    fflush(symbols->modules.complain);
    return symbols->modules.complaints ? symbols->modules.complaints : "";
}

const char *symbols_sysroot(const struct symbols *symbols) {
    return symbols->modules.places.sysroot;
}

struct symbol_code symbols_code(struct symbols *symbols, size_t index) {
    return modules_code(&symbols->modules, &symbols->modules.all[index]);
}
