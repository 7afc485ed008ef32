/* The ELF objects that a process has mapped, found by its mappings: the program first. */
#pragma once

#include "shared/snapshot_writer.h"
#include "target.h"

/* Adds them to the snapshot's modules. */
void loaded_put(const struct target *target, struct snapshot_writer *writer);
