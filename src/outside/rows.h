/* One row of unwind information: where a frame has kept its caller's registers. Read from .eh_frame through libdw once for an address. */
#pragma once

#include <elfutils/libdw.h>

#include "target.h"

enum rule_form {
    RULE_UNDEFINED,
    RULE_SAME,       /* the frame has not changed it */
    RULE_AT_CFA,     /* kept at the frame's base + offset */
    RULE_CFA,        /* is the frame's base + offset */
    RULE_REGISTER,   /* is in another register, + offset (of the base) */
    RULE_EXPRESSION, /* as a DWARF expression computes */
};

struct rule {
    uint8_t form, number;
    bool is_value; /* of an expression: not where it is kept, but what it is */
    int64_t offset;
    const Dwarf_Op *operations;
    size_t count;
};

struct row {
    bool found;
    bool signal; /* the kernel called a handler from there: the caller stands where it was interrupted */
    bool last;   /* nobody called it */
    struct rule base, registers[REGISTERS];
    Dwarf_Frame *frame; /* of which the operations are */
};

/* address: in the file that the information is of. */
struct row row_read(Dwarf_CFI *cfi, Dwarf_Addr address);
void row_drop(struct row *row);

/* The caller's registers from the callee's. False: what it takes is not known or cannot be read. */
bool row_apply(const struct row *row, const struct target *target, const struct known_registers *from,
               struct known_registers *to);
