#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tool.h"

void complain(const char *format, ...) {
    va_list rest;
    va_start(rest, format);
    fputs("leakwatch: ", stderr);
    vfprintf(stderr, format, rest);
    fputc('\n', stderr);
    va_end(rest);
}

void *needed(void *memory) {
    if (!memory) {
        complain("no memory");
        exit(TOOL_FAILED);
    }
    return memory;
}
