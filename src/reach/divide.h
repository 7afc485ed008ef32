/* Divides the image's private memory into nodes: stacks, blocks, and what is not understood. */
#pragma once

#include "nodes.h"

/* False without memory. */
bool divide(struct nodes *nodes, struct image *image, const struct snapshot *snapshot);
