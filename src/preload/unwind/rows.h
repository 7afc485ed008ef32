/* Rows: what the unwind tables say of a return address, once looked up. A lock-free, fill-once table. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum row_kind {
    ROW_NONE,    /* no unwind information */
    ROW_SP,      /* caller's sp (the CFA) = sp + cfa */
    ROW_BP,      /* caller's sp = the frame pointer + cfa */
    ROW_COMPLEX, /* needs libunwind with all registers */
    ROW_END,     /* outermost frame */
};

/* The return address is where arch.h says (return_slot). */
struct row {
    int32_t cfa;
    int32_t bp : 29; /* where the caller's frame pointer was saved, from the CFA; 0 if it was not */
    uint32_t kind : 3;
};

bool rows_setup(void);
bool rows_find(uintptr_t pc, struct row *row);
/* One caller at a time. When the table is full, nothing more is kept. */
void rows_keep(uintptr_t pc, struct row row);
void rows_clear(void);
