/* A report in numbers: for tables, and for metrics. */
#pragma once

#include "findings.h"

struct tally {
    size_t
        by_kind[LW_WAIT_KIND_COUNT]; /* threads alive, by what they wait in; those in no wait not counted */
    size_t by_verdict[VERDICT_DEADLOCK + 1]; /* threads alive */
    size_t suspicious;                       /* look leaked: proved or suspect, or ended and never joined */
    size_t ended;                            /* threads that were created and are no more */
    uint64_t longest; /* ns: the longest wait without a deadline of a thread other than main */
    uint64_t stacks;  /* bytes: what the stacks of all threads, ended ones included, may grow to */
};

struct tally tally_make(const struct analysis *analysis);
/* Does this thread look leaked, though no report has judged it? */
bool tally_is_suspicious(const struct thread_finding *finding);
