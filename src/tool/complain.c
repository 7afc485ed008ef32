#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "render/lines.h"
#include "tool.h"

void complain(const char *format, ...) {
    char *words = NULL;
    va_list rest;
    va_start(rest, format);
    fputs("leakwatch: ", stderr);
    /* names of files and programs may hold anything: it is one line all the same */
    lines_clean(stderr, vasprintf(&words, format, rest) >= 0 ? words : format);
    fputc('\n', stderr);
    va_end(rest);
    free(words);
}

void *needed(void *memory) {
    if (!memory) {
        complain("no memory");
        exit(TOOL_FAILED);
    }
    return memory;
}
