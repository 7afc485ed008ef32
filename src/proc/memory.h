/* Memory of another process, read while it runs on. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* How many bytes could be read, from the start on; none, with errno, if there are none there or it may not be looked into. */
size_t memory_read(int pid, uint64_t at, void *into, size_t size);
