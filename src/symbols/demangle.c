#include "demangle.h"

#include <libiberty/demangle.h>
#include <stddef.h>

/* libstdc++'s, which knows every C++ name that its compilers make. */
char *__cxa_demangle(const char *mangled, char *buffer, size_t *length, int *status);

/* Rust's old names look like C++'s, with a hash at the end: theirs is asked first. */
char *demangle(const char *name) {
    int status;
    char *words = rust_demangle(name, 0);
    return words ? words : __cxa_demangle(name, NULL, NULL, &status);
}
