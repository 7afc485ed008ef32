/* What is served, as JSON: documented in docs/fleet.md. Under the process table's lock. */
#pragma once

#include <jansson.h>

#include "process_table.h"

/* All processes, a row each. */
json_t *document_processes(const struct process_table *table);
/* One process: its row, its groups, its history. */
json_t *document_process(const struct member *member);
