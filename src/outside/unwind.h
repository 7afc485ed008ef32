/* From registers of which some are not known to return addresses, by the unwind information (.eh_frame) of the mapped files. What a
 * frame does not say where it kept stays unknown, until a caller says that it has kept it. */
#pragma once

#include "shared/snapshot_reader.h"
#include "symbols/symbols.h"
#include "target.h"

struct unwinder;

/* modules: a snapshot with them. NULL without memory. */
struct unwinder *unwinder_open(const struct target *target, const struct snapshot *modules,
                               const struct symbol_places *places);
void unwinder_close(struct unwinder *unwinder);

enum { UNWOUND_DEPTH = 64 };

enum unwound_end {
    UNWOUND_WHOLE,  /* to where the thread began */
    UNWOUND_CUT,    /* it goes on */
    UNWOUND_BROKEN, /* a frame without usable unwind information, or whose registers are not known */
};

struct unwound {
    size_t count;
    uint64_t frame[UNWOUND_DEPTH]; /* the first is where it stands, the others are return addresses */
    uint64_t base[UNWOUND_DEPTH];  /* the stack pointer there */
    uint8_t signal
        [UNWOUND_DEPTH]; /* where the kernel called a handler: of which signal, + 1; 1: of which is not known */
    enum unwound_end end;
    bool by_frame_pointer; /* in part */
};

void unwind(struct unwinder *unwinder, const struct known_registers *registers, struct unwound *unwound);

/* The symbol that an address of code lies in, NULL if none is known, and whether that is libc's or, of a watched program, the shim's. Lives as long as the unwinder. */
struct code_name {
    const char *name;
    bool libc;
};
struct code_name unwinder_name(struct unwinder *unwinder, uint64_t address, bool is_return);
/* Room for what a caller has found out of an address of code; NULL until then. */
enum { UNWINDER_NOTES = 2 };
const void **unwinder_notes(struct unwinder *unwinder, uint64_t address);
/* Where a module whose path contains `file` has this symbol; 0 if none has. *size: of it. */
uint64_t unwinder_symbol(struct unwinder *unwinder, const char *file, const char *symbol, uint64_t *size);
/* Is a libc loaded, or is all in the program? */
bool unwinder_has_libc(const struct unwinder *unwinder);
/* The process. */
const struct target *unwinder_target(const struct unwinder *unwinder);
/* Of 2.MINOR of glibc that the process runs; 0 if that is not known. */
unsigned unwinder_glibc_minor(struct unwinder *unwinder);
