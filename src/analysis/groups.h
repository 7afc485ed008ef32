/* Groups: threads with the same state, the same wait and the same stacks. */
#pragma once

#include "findings.h"

/* Groups the shown findings and orders the groups, worst first. False without memory. */
bool groups_form(struct analysis *analysis);
void groups_free(struct analysis *analysis);
