/* Ends a program that took too long, with all that descends from it: those that are watched report where their threads are. */
#pragma once

#include "child.h"

/* Orphans have to come back to this process (process/descendants.h). */
void end_tree(struct child *child);
