/* A Python interpreter in a process: where it is, of which version, and reading its memory from outside. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layout.h"
#include "shared/snapshot_reader.h"
#include "symbols/symbols.h"

struct runtime {
    int pid;
    const struct python_layout *layout;
    uint64_t state;                      /* _PyRuntime */
    uint64_t code, string, bytes;        /* the types of these objects */
    uint64_t evaluation, evaluation_end; /* _PyEval_EvalFrameDefault, which runs Python code */
};

/* False if there is none, or none that is known. pid: of the process as this one sees it. */
bool runtime_find(struct runtime *runtime, const struct snapshot *snapshot, int pid,
                  const struct symbol_places *places);

/* Reads that cannot fault, of a process that goes on meanwhile: what is read may be anything. False if it cannot be read. */
bool runtime_read(const struct runtime *runtime, uint64_t at, void *into, size_t size);
/* A word, 0 if it cannot be read. */
uint64_t runtime_word(const struct runtime *runtime, uint64_t at);
