/* The facts of a finding in English, and as JSON. */
#pragma once

#include <jansson.h>

#include "analysis/findings.h"

/* What a kind is called in JSON, which fields it has there (E_WHO and so on), and its words, with fields in braces. */
struct evidence_form {
    const char *name, *words;
    int fields;
};
struct evidence_form evidence_form(enum evidence_kind kind);
/* One fact in words, to be freed; NULL if there is no memory. A name in it may hold any bytes. */
char *evidence_words(const struct analysis *analysis, const struct evidence *evidence);
/* All of a finding's in words: a list of strings. */
json_t *evidence_strings(const struct analysis *analysis, const struct thread_finding *finding);
/* The same with their fields: {"fact": NAME, "tid": ..., "seconds": ..., "count": ..., "of": ..., "signals": [...]}. */
json_t *evidence_facts(const struct analysis *analysis, const struct thread_finding *finding);
