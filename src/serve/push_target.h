/* Where profiles go, as --push says it: pyroscope=URL, parca=URL. */
#pragma once

#include <stdbool.h>

#include "push_profile.h"

struct push_target {
    const struct push_kind *kind;
    char *url;     /* as it is told of; there is no secret in it */
    char *address; /* that is posted to */
    char *origin;  /* scheme, host and port of it */
};

/* False, and a line on stderr, if the words are none. */
bool push_target_parse(struct push_target *target, const char *words);
void push_target_drop(struct push_target *target);
