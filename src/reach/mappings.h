/* What the frozen image has mapped (proc_pid_smaps(5)), as areas. */
#pragma once

#include "image.h"

/* Fills in the areas, without their bytes. Not LW_FROZEN_NONE: nothing can be proved of a program with such memory. */
enum lw_frozen_refusal mappings_read(struct image *image, const struct snapshot *snapshot);
