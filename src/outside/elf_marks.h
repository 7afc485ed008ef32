/* What a file's sections tell of who made it. */
#pragma once

#include <libelf.h>
#include <stdbool.h>

/* Of 2.MINOR of glibc; 0 if it is no libc of glibc's. */
unsigned glibc_minor_of(Elf *elf);
bool elf_has_section(Elf *elf, const char *wanted);
