/* The ELF objects that a process has mapped, found by its mappings: the program first. */
#pragma once

#include "shared/snapshot_writer.h"
#include "target.h"

/* Notes a library that was removed or replaced since, as by an upgrade, and that this process may not open. */
void loaded_note_removed(struct target *target);
/* Adds them to the snapshot's modules. */
void loaded_put(const struct target *target, struct snapshot_writer *writer);
