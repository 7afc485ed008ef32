/* The ELF objects loaded now, written into a snapshot. Read from the loader's public list (_r_debug) without
 * its lock, through the kernel: an object that is unloaded meanwhile is skipped, never followed into. */
#pragma once

#include "shared/snapshot_writer.h"

/* Counts what modules_write would write, for its room. */
size_t modules_count(void);
/* exe: path of the program itself. */
void modules_write(struct snapshot_writer *writer, const char *exe);
