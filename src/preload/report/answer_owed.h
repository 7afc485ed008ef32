/* Makes the reports that are owed (owed.h). */
#pragma once

/* From the signal's handler: answers what may be answered now, and sees to it that the rest will be. context: as in
 * struct report_request. */
void answer_owed(const void *context);

/* The process is about to end: answers what is owed by now. */
void answer_owed_at_end(void);
