/* What a survey of all pipes has found (pipes.h). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { PIPE_TARGET = 40 };
struct pipe_end {
    char target[PIPE_TARGET]; /* "pipe:[4711]" */
    int pid;
    mode_t mode; /* of the link */
};

struct pipe_survey {
    struct pipe_end *ends; /* by target */
    size_t count, room;
    bool failed;       /* no memory: some are missing */
    bool travels;      /* a descriptor is on its way through a UNIX socket */
    char restless[64]; /* as everyone_look has it */
    size_t unreadable; /* processes that cannot be looked into */
    int one_unreadable;
};

/* The first end of that pipe, if there is one, and each after it; NULL: no more. */
size_t pipe_survey_first(const struct pipe_survey *survey, const char *target);
const struct pipe_end *pipe_survey_end(const struct pipe_survey *survey, size_t at, const char *target);
