/* Where CPython keeps what is read of it: offsets in its structures, by version. Its own names stand in the fields' comments. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct python_layout {
    unsigned version; /* 0x030b: 3.11 */
    /* _PyRuntimeState, PyInterpreterState */
    unsigned interpreters, next_interpreter, threads;
    /* the GIL: in the runtime's state, or where a word of the interpreter's points to */
    bool gil_of_interpreter;
    unsigned gil, gil_holder, gil_locked, gil_size;
    /* PyThreadState; frame_holder: of cframe, which has the frame at `frame`; 0: the state has it itself */
    unsigned next_thread, interpreter, native_id, frame_holder, frame;
    /* _PyInterpreterFrame; code: f_code, later f_executable; instruction: prev_instr, later instr_ptr */
    unsigned code, previous, instruction, owner;
    /* a frame that C has entered Python with: marked so (is_entry), or one of C's own, which is below it (FRAME_OWNED_BY_CSTACK) */
    unsigned is_entry; /* 0: the latter */
    /* PyCodeObject */
    unsigned file, name, first_line, lines, instructions;
    /* what all objects have, and those of variable size */
    unsigned type, size;
    /* PyBytesObject, and strings: PyASCIIObject with what follows, PyCompactUnicodeObject likewise */
    unsigned bytes, length, string_state, ascii, compact;
};

/* Of the version that Py_Version tells, if it is a final release of one that is known; else NULL. */
const struct python_layout *python_layout(uint64_t version);

enum { PYTHON_OWNED_BY_C = 3 };
