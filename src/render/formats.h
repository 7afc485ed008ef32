/* Output formats: one file each. */
#pragma once

#include <stdio.h>

#include "analysis/findings.h"
#include "shared/formats.def"
#include "symbols/symbols.h"

/* Writes one report. Nothing is written when there is nothing to say. */
typedef void render_function(FILE *out, const struct analysis *analysis, struct symbols *symbols);

render_function render_text, render_json, render_github, render_folded, render_profile, render_html,
    render_pprof;

/* Their names, for a message. */

/* The formats by name; NULL for one that does not exist, and for snapshot, which is no text. */
render_function *render_by_name(const char *name);
/* Is this format made of bytes that are not for a terminal, a file for each report? */
bool render_is_binary(const char *name);

/* Has a report anything to say? */
bool render_has_content(const struct analysis *analysis);
