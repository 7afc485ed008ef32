/* Words for what was found about who can come to what (analysis/reach_facts.h). */
#pragma once

#include <jansson.h>
#include <stdio.h>

#include "analysis/analysis.h"

/* "registry (0x5581c0a04060) -> block of 4096 bytes -> block of 96 bytes" */
void reach_put_path(FILE *out, const struct analysis *analysis, const struct reach_fact *fact);
/* "; it lies in a block of 96 bytes on the heap" */
void reach_put_object(FILE *out, const struct analysis *analysis, const struct reach_fact *fact);
/* ", known only to worker-1 (4243) and worker-2 (4244)"; nothing if that is not known */
void reach_put_referrers(FILE *out, const struct analysis *analysis, const struct reach_fact *fact);
/* "leakwatch: no proof by reachability: ..." and the end of the line, if it was asked for and there is none. */
void reach_put_refusal(FILE *out, const struct analysis *analysis);

/* Fields of a fact: path, referrers. */
void reach_put_json(json_t *into, const struct analysis *analysis, const struct reach_fact *fact);
/* The same in words, for the page to draw: steps, whether some were left out, and of what nobody can come to, who knows it. */
json_t *reach_chain(const struct analysis *analysis, const struct reach_fact *fact);
/* Of the whole report: whether it was looked at, why not, how long threads were held; NULL: it was not asked for. */
json_t *reach_json(const struct analysis *analysis);
