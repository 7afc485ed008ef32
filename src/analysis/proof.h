/* Proof: which threads can never go on, whatever the program does. Never wrong; what cannot be proved is left
 * to the evidence. */
#pragma once

#include "findings.h"

/* Judges all findings, whose evidence is gathered already: verdicts deadlock and stranded with the words for
 * them, and the deadlocks. False without memory. */
bool proof_find(struct analysis *analysis, const struct facts *facts);

/* The pipe that a thread waits on; NULL if nothing is known of it. */
const struct pipe_fact *pipe_of(const struct snapshot *snapshot, const struct facts *facts,
                                const struct lw_snapshot_thread *thread);
