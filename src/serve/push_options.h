/* The options of --push, put together. */
#pragma once

#include "push_credentials.h"
#include "push_target.h"

struct push_options {
    const struct settings *settings;
    struct push_target *targets;
    size_t count;
    json_t *labels; /* {NAME: VALUE}: the host, and what --push-label says */
    struct push_credentials credentials;
};

/* False, and a line on stderr, if they cannot be followed. To be dropped either way. */
bool push_options_read(struct push_options *options, const struct settings *settings);
void push_options_drop(struct push_options *options);
