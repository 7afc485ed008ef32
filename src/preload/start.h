/* Start-up in two steps: what the constructor does, and what needs libc. */
#pragma once

/* What needs libc to be ready: loads libunwind. Called when main is about to start, and by the first thread
 * creation, whichever comes first. May allocate. */
void start_late(void);

/* What the library's constructor does, if another library's has come before and creates a thread. */
void start_before_threads(void);
