/* uthash with the shim's own memory, and without its habit of ending the program when there is none. */
#pragma once

#include "memory.h"

#define uthash_malloc(size)   memory_take(size)
#define uthash_free(at, size) memory_give(at, size)
#define HASH_NONFATAL_OOM     1

#include <uthash.h>
