/* Looks like Python 3.11 from outside, by its name and by what it exports, and is none: lists without an end, lengths without measure,
 * pointers to nowhere. Argument: which lie. */
#include <stdint.h>
#include <sys/syscall.h>

#include "scenarios.h"

/* Offsets as in src/tool/python/layout.c. */
enum { INTERPRETERS = 40, THREADS = 16, INTERPRETER = 16, NATIVE = 160, FRAME_HOLDER = 56, FRAME = 8 };
enum {
    CODE = 32,
    PREVIOUS = 48,
    INSTRUCTION = 56,
    TYPE = 8,
    SIZE = 16,
    FILE_NAME = 112,
    NAME = 128,
    LINES = 136
};
enum { ROOM = 512, LENGTH = 16, STATE = 32, TEXT = 48, COMPACT_ASCII = 0xe4 };

const unsigned long Py_Version = 0x030b02f0;
char _PyRuntime[ROOM * 8], PyCode_Type[ROOM], PyUnicode_Type[ROOM], PyBytes_Type[ROOM];
static char interpreter[ROOM], state[ROOM], holder[ROOM], frame[ROOM], code[ROOM], text[ROOM], lines[ROOM];

__attribute__((noinline)) void _PyEval_EvalFrameDefault(void) {
    stay();
}

static void put(char *object, size_t offset, const void *pointer) {
    memcpy(object + offset, &pointer, sizeof pointer);
}

static void put_number(char *object, size_t offset, uint64_t number) {
    memcpy(object + offset, &number, sizeof number);
}

/* One thread, one frame, all as it should be. */
static void tell_the_truth(void) {
    put(_PyRuntime, INTERPRETERS, interpreter);
    put(interpreter, THREADS, state);
    put(state, INTERPRETER, interpreter);
    put_number(state, NATIVE, (uint64_t)syscall(SYS_gettid));
    put(state, FRAME_HOLDER, holder);
    put(holder, FRAME, frame);
    put(frame, CODE, code);
    put(frame, INSTRUCTION, code + 184);
    put(code, TYPE, PyCode_Type);
    put(code, FILE_NAME, text);
    put(code, NAME, text);
    put(code, LINES, lines);
    put(text, TYPE, PyUnicode_Type);
    put_number(text, LENGTH, 5);
    put_number(text, STATE, COMPACT_ASCII);
    memcpy(text + TEXT, "\033truth", 6);
    put(lines, TYPE, PyBytes_Type);
    put_number(lines, SIZE, 100);
    memset(lines + 32, 0xf7, 100);
}

int main(int count, char **arguments) {
    const char *lie = count > 1 ? arguments[1] : "";
    tell_the_truth();
    if (strcmp(lie, "interpreters") == 0)
        put(interpreter, 0, interpreter);
    else if (strcmp(lie, "threads") == 0)
        put(state, 8, state);
    else if (strcmp(lie, "frames") == 0)
        put(frame, PREVIOUS, frame);
    else if (strcmp(lie, "string") == 0)
        put_number(text, LENGTH, UINT64_MAX / 2);
    else if (strcmp(lie, "table") == 0)
        put_number(lines, SIZE, (uint64_t)1 << 40);
    else if (strcmp(lie, "code") == 0)
        put(code, TYPE, PyBytes_Type);
    else if (strcmp(lie, "nowhere") == 0)
        put(holder, FRAME, (void *)0x7fffdeadbee0);
    else if (strcmp(lie, "differences") == 0)
        for (int i = 0; i < 100; i += 10)
            memcpy(lines + 32 + i, "\xf0\x7e\x7f\x7f\x7f\x7f\x00\x00\x00\x00", 10);
    say_ready();
    _PyEval_EvalFrameDefault();
    return 0;
}
