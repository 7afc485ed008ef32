/* The first line of a report. */
#pragma once

#include <stdio.h>

#include "analysis/findings.h"

/* "leakwatch: 3 leaked threads in ./server (pid 4242) at exit; 5 live, 1 deadlock", without the end of the
 * line. */
void summary_put(FILE *out, const struct analysis *analysis);
/* The end of that line, and a line for each thing that could not be captured. */
void summary_put_incomplete(FILE *out, const struct analysis *analysis);
