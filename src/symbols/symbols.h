/* Addresses to functions, files and lines, through libdw: symbol tables, DWARF with its inlined calls,
 * separate debug files found by build-id and debuglink. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/snapshot_reader.h"

struct symbol_frame {
    const char *function; /* NULL if not known */
    const char *file;     /* as the compiler recorded it; NULL if not known */
    int line;
    const char *directory; /* that a relative file is to be found from; NULL if not known */
    const char *module;    /* path; "" if the address lies in none */
    const char *build_id;  /* hexadecimal; NULL if it has none */
    uint64_t offset;       /* of the address in the module's file */
    uint64_t address;
    bool inlined;         /* into the frame that follows */
    const char *language; /* "python"; NULL: native code */
};

struct symbols;

/* Where the files are, when it is not where the snapshot says; NULL: there. */
struct symbol_places {
    const char *sysroot; /* what the program saw as / */
    const char *debug;   /* a directory with debug files: .build-id/ab/cdef.debug, or by the module's name */
    const char *exe;     /* the program's own file, should its path mean another by now */
    int running;         /* the process, if it is still there; 0: it is not */
    uint64_t made;       /* when the core or snapshot was made, ns since the epoch; 0: not known */
};

/* Never fails: what cannot be opened gives frames without names, and a line in symbols_complaints. places is
 * copied, its words are not; NULL: the usual ones. A file is used only if it has the build-id that the
 * program had; without one, if it has not been put there since. */
struct symbols *symbols_open(const struct snapshot *snapshot, const struct symbol_places *places);
void symbols_close(struct symbols *symbols);

/* The frames of a code address, innermost inlined call first; at least one. is_return: the address is behind
 * a call. What is returned lives as long as `symbols`. */
size_t symbols_frames(struct symbols *symbols, uint64_t address, bool is_return,
                      const struct symbol_frame **frames);

/* A key for each frame of the snapshot, in their order: equal for addresses of one source position (a loop
 * that was unrolled calls from several). Caller frees; NULL without memory. */
uint64_t *symbols_positions(struct symbols *symbols, const struct snapshot *snapshot);

/* "name" or "name+8" of the data object around address; NULL if it lies in no module's data. Caller frees. */
char *symbols_object(struct symbols *symbols, uint64_t address);

/* The same, with the fields and elements on the way to it in place of a number: "registry.by_id[3]". Takes longer. */
char *symbols_field(struct symbols *symbols, uint64_t address);

/* Is the address in the shim itself? */
bool symbols_is_shim(struct symbols *symbols, uint64_t address);

/* Is it in libc or the loader? */
bool symbols_is_libc(struct symbols *symbols, uint64_t address);

/* Where a module's code is mapped, as /proc/PID/maps had it: its executable segment if the file can be read,
 * else all of the module. index: among the snapshot's modules. */
struct symbol_code {
    uint64_t start, end, offset;
};
struct symbol_code symbols_code(struct symbols *symbols, size_t index);

/* Where the program's / is; NULL: where this process's is. */
const char *symbols_sysroot(const struct symbols *symbols);

/* Lines about files that could not be used, each ending in a newline; "" if none. */
const char *symbols_complaints(const struct symbols *symbols);
