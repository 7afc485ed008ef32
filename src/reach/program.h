/* Programs of which nothing is proved by reachability, by what they are made of. */
#pragma once

#include "shared/frozen.h"
#include "shared/snapshot_reader.h"

enum lw_frozen_refusal program_refuses(const struct snapshot *snapshot);
