/* Metrics in a file, in Prometheus' text format, for the textfile collector of node_exporter: of this process
 * alone, and without the tool. */
#pragma once

#include "capture/liveness.h"

/* Replaces the file at once, so that nobody reads half of it. By the watcher. What is wrong is said once. */
void metrics_file_write(const struct liveness *now);
/* Removes it: the process ends. Async-signal-safe. */
void metrics_file_remove(void);
