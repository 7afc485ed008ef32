/* Paths that options give: %p is the pid, %e the program's name, %n a number, %% is %. */
#pragma once

#include <stdint.h>

#include "text.h"

void path_expand(struct text *path, const char *pattern, uint32_t number);
