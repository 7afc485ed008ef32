/* Ends a program that took too long, with all that descends from it: those that are watched report where their threads are, others are
 * read from outside. */
#pragma once

#include "child.h"
#include "tool/settings.h"

/* Orphans have to come back to this process (process/descendants.h). */
void end_tree(struct child *child, const struct settings *settings);
