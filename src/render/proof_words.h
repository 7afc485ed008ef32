/* What is proved, in English. */
#pragma once

#include <stdio.h>

#include "analysis/findings.h"
#include "symbols/symbols.h"

/* A kind of proof: as proofs.def has it, and its words. */
struct proof_form {
    const char *name, *drawn;
    const char *one, *more; /* the title of one of a single thread, and of more, with fields in braces */
    const char *meaning;    /* when it is given */
};
struct proof_form proof_form(enum deadlock_kind kind);

/* "2 threads wait for each other" */
void proof_title(FILE *out, const struct analysis *analysis, struct symbols *symbols,
                 const struct deadlock *deadlock);
