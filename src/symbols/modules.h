/* The modules of a snapshot, and their files, each opened when the first address in it is asked for. */
#pragma once

#include <elfutils/libdwfl.h>
#include <stdio.h>

#include "symbols.h"

struct module {
    const struct lw_snapshot_module *raw;
    const char *path;
    char *build_id;
    Dwfl_Module *dwfl; /* NULL if its file cannot be used */
    bool tried;
    bool shim, libc;
};

struct modules {
    struct module *all; /* in the snapshot's order: the first is the program */
    size_t count;
    Dwfl *dwfl;
    struct symbol_places places;
    char *debug_path;
    FILE *complain; /* about files that could not be used, into complaints */
    char *complaints;
    size_t complaints_size;
};

/* Never fails: see symbols_open. */
void modules_open(struct modules *modules, const struct snapshot *snapshot,
                  const struct symbol_places *places);
void modules_close(struct modules *modules);

/* The one that an address lies in; NULL if it is in none. */
struct module *modules_at(const struct modules *modules, uint64_t address);

/* What libdwfl has of it; NULL if its file cannot be used. */
Dwfl_Module *modules_debug_info(struct modules *modules, struct module *module);
/* Its file, likewise; libdwfl's own. */
Elf *modules_elf(struct modules *modules, struct module *module);

/* Where its code is mapped (symbols.h). */
struct symbol_code modules_code(struct modules *modules, struct module *module);
