/* Divides the image's private memory into nodes: stacks, blocks, and what is not understood. */
#pragma once

#include "nodes.h"

/* All of the image's memory is read for it, and its edges are found. keeps_frames: what lies below a stack pointer may be in use, for the thread may run elsewhere on its stack meanwhile. False without
 * memory. */
bool divide(struct nodes *nodes, struct edges *edges, struct image *image, const struct snapshot *snapshot,
            bool keeps_frames);
