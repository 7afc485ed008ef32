/* A thread's own storage: thread-local variables and the values of keys. */
#pragma once

#include "mark.h"

/* Bytes that it takes below a thread's handle, at most. */
uint64_t storage_size(const struct image *image, const struct snapshot *snapshot);
/* It is live, though its thread's stack may not be. */
void storage_mark(struct marking *marking, const struct lw_frozen_thread *thread, uint64_t size);

/* Where the lowest of it that is static begins below a thread's handle; 0: it is not known. */
uint64_t storage_start(const struct image *image, uint64_t handle, uint64_t size);
