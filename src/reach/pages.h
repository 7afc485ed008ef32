/* Which pages of a copied process are there, by /proc/PID/pagemap. */
#pragma once

#include "image.h"

/* Fills in an area's runs. Those of files that were not written to, of which nothing has an address in it, are left out of roots; so are
 * pages of zeros that the kernel knows for such. Not LW_FROZEN_NONE: it is not to be known. */
enum lw_frozen_refusal pages_find(struct area *area);
