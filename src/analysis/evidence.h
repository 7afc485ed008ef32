/* Evidence: what speaks for a thread never being woken, in words. */
#pragma once

#include "findings.h"

/* Adds what can be said of an untimed wait to the finding, and sets its verdict as far as evidence goes. */
void evidence_gather(const struct analysis *analysis, const struct facts *facts,
                     struct thread_finding *finding);

/* Of a thread whose wait has an end of its own: idle, and how often it wakes. */
void evidence_of_waiting(const struct analysis *analysis, const struct facts *facts,
                         struct thread_finding *finding);

/* Of a running thread: what was seen in two looks, and how often it wakes. */
void evidence_of_running(const struct analysis *analysis, const struct facts *facts,
                         struct thread_finding *finding);
