/* The ELF objects that a process has mapped, found by its mappings: the program first. */
#pragma once

#include <elf.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/snapshot_writer.h"
#include "target.h"

enum { LOADED_HEADERS = 64 };

/* The program headers of the object that is mapped from `start` on; how many there are, 0 if there is no such object. */
size_t loaded_headers(const struct target *target, uint64_t start, Elf64_Phdr header[LOADED_HEADERS]);
/* Notes a library that was removed or replaced since, as by an upgrade, and that this process may not open. */
void loaded_note_removed(struct target *target);
/* Adds them to the snapshot's modules. */
void loaded_put(const struct target *target, struct snapshot_writer *writer);
