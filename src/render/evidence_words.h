/* The facts of a finding in English, and as JSON. */
#pragma once

#include <jansson.h>

#include "analysis/findings.h"

/* One fact in words, to be freed; NULL if there is no memory. A name in it may hold any bytes. */
char *evidence_words(const struct analysis *analysis, const struct evidence *evidence);
/* All of a finding's in words: a list of strings. */
json_t *evidence_strings(const struct analysis *analysis, const struct thread_finding *finding);
/* The same with their fields: {"fact": NAME, "tid": ..., "seconds": ..., "count": ..., "of": ..., "signals": [...]}. */
json_t *evidence_facts(const struct analysis *analysis, const struct thread_finding *finding);
