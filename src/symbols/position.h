/* Where in the source an address is, as a number. */
#pragma once

#include "symbols.h"

/* Equal for the frames of one function, file and line; of the address where those are not known. */
uint64_t position_of(const struct symbol_frame *frames, size_t count);
