/* The parts of a core file that its header names, with every bound checked: a core may be cut, or be anything. */
#pragma once

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct core_image {
    int fd;
    uint64_t size;
    Elf64_Phdr *headers;
    size_t count;
    uint64_t missing;       /* bytes that its header promises, and the file does not have */
    const char *spoilt_for; /* the program that could not unpack all of it as it was; NULL */
};

/* A file without a name, for as long as it is open, in $TMPDIR; -1, with errno, without. */
int core_image_unnamed(void);
/* Opens it; what is compressed is unpacked first. False: `why` (256 bytes) says what it is instead. */
bool core_image_open(struct core_image *image, const char *path, char why[256]);
/* How many bytes are there. */
size_t core_image_read(const struct core_image *image, uint64_t offset, void *into, size_t size);
