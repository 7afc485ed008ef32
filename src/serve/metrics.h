/* The process table, for Prometheus: text format 0.0.4, or OpenMetrics 1.0. */
#pragma once

#include <stdio.h>

#include "process_table.h"
#include "push.h"

/* Under the process table's lock. groups: how many of a process's groups are told, those with the most threads. push: NULL if nothing is pushed. */
void metrics_put(FILE *out, const struct process_table *table, const struct push *push, bool open_metrics,
                 size_t groups);
