/* Answers a request that wants more than a snapshot (shared/request.h), in the watched program's place: the shim starts the tool for it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analysis/reach_facts.h"
#include "shared/snapshot_reader.h"

/* Leaves the snapshot, and behind it what was found in the frozen image, where who asked looks for it. False, and a line on stderr. */
bool answer_request(const struct snapshot *snapshot, const struct reach_facts *facts, uint32_t token);
