/* Colours of the text report, where a terminal shows them. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

enum style { STYLE_PLAIN, STYLE_TITLE, STYLE_BAD, STYLE_DOUBTFUL, STYLE_FINE, STYLE_FAINT };

/* From now on: are styles written, or nothing in their place? */
void style_use(bool wanted);
/* What follows is to look so; STYLE_PLAIN ends it. */
void style_put(FILE *out, enum style style);
