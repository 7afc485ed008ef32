/* Who holds the ends of the pipes that threads wait on: looked up in /proc, while the watched program still
 * is as it was captured. */
#pragma once

#include "analysis/findings.h"
#include "proc/thread_tables.h"

/* Which process has which end of which pipe, as far as that can be seen: for those who look at many processes
 * at a time. It must be made after the snapshots that it is for. */
struct pipe_survey;
struct pipe_survey *pipes_survey(void); /* NULL without memory */
void pipes_survey_drop(struct pipe_survey *survey);

/* Facts of every pipe that a blocked thread of the snapshot waits on. survey: NULL to look at all processes now. Given back with pipes_drop. */
struct pipe_facts pipes_look(struct thread_tables *tables, const struct pipe_survey *survey);
void pipes_drop(struct pipe_facts *facts);
