/* The proof by reachability, to a fixed point: threads that may still run make live what they can come to; one that is blocked
 * becomes live with what it waits for. Those that never do are stranded (docs/proofs.md). */
#pragma once

#include "analysis/reach_facts.h"
#include "shared/snapshot_reader.h"
#include "symbols/symbols.h"

/* at: where the image's struct lw_frozen lies, or why there is none (enum lw_frozen_refusal). Given back with reach_drop. */
struct reach_facts reach_look(const struct snapshot *snapshot, uint64_t at);
/* Gives the data on the paths its names. */
void reach_name(struct reach_facts *facts, struct symbols *symbols);
void reach_drop(struct reach_facts *facts);
