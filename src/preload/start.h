/* Start-up in two steps. */
#pragma once

/* What needs libc to be ready: loads libunwind. Called when main is about to start, and by the first thread
 * creation, whichever comes first. May allocate. */
void start_late(void);
