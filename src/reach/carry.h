/* What was found in a frozen image, carried behind a snapshot from the tool that looked at it to the one that asked. */
#pragma once

#include "analysis/reach_facts.h"
#include "shared/snapshot_reader.h"

/* Writes it into the file at `at`, and into the snapshot's header there that it has it. False, with errno, if it cannot be written. */
bool reach_write(int fd, uint64_t at, const struct reach_facts *facts);
/* What such a file has: not asked for if it has none; refused as LW_FROZEN_LOST if what it has makes no sense. Given back with
 * reach_drop. */
struct reach_facts reach_carried(const struct snapshot *snapshot);
