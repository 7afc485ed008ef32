/* Names and paths may be any bytes; JSON is UTF-8. */
#pragma once

#include <jansson.h>

/* A string of them: what is not UTF-8 is written as \xNN, so that nothing is lost. */
json_t *json_text(const char *words);
