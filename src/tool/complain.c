#include <stdarg.h>
#include <stdio.h>

#include "tool.h"

void complain(const char *format, ...) {
    va_list rest;
    va_start(rest, format);
    fputs("leakwatch: ", stderr);
    vfprintf(stderr, format, rest);
    fputc('\n', stderr);
    va_end(rest);
}
