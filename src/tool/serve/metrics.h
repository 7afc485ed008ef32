/* What the fleet is like, for Prometheus: text format 0.0.4, or OpenMetrics 1.0. */
#pragma once

#include <stdio.h>

#include "fleet.h"

/* Under the fleet's lock. groups: how many of a process's groups are told, those with the most threads. */
void metrics_put(FILE *out, const struct fleet *fleet, bool open_metrics, size_t groups);
