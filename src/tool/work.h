/* What a report is made of: a snapshot with its symbols, the facts gathered for it, and its analysis. */
#pragma once

#include "analysis/analysis.h"
#include "render/formats.h"
#include "settings.h"
#include "tool/known/suppress.h"
#include "tool/process/ask.h"
#include "tool/process/pipes.h"
#include "tool/python/python.h"

/* Not to be moved: its parts point to each other. */
struct work {
    const struct settings *settings;
    struct snapshot snapshot;
    struct symbols *symbols;
    struct facts facts;
    struct python python;
    uint64_t *positions;
    struct suppressions suppressions;
    struct baseline *baseline;
    bool *suppressed;
    struct nap_fact *naps;
    struct analysis *analysis;
    char root[64], exe[4096]; /* of a process elsewhere: where its files are */
    uint64_t made;            /* the core that it is of, ns since the epoch; 0: it is of none */
};

/* From a file. False, and a line on stderr, if that is no snapshot or there is no memory. */
bool work_read(struct work *work, const struct settings *settings, const char *path);
/* From a running program: asks it and waits. */
bool work_ask(struct work *work, const struct settings *settings, const char *command, int pid);
/* From a core file; program: that it is of, NULL if it tells. */
bool work_core(struct work *work, const struct settings *settings, const char *core, const char *program);
/* From an answer, whose snapshot the work takes. survey: of the pipes, made since; NULL: they are looked at
 * now. */
bool work_take(struct work *work, const struct settings *settings, struct question *question,
               const struct pipe_survey *survey);
void work_end(struct work *work);

/* The report in memory; NULL without. Caller frees. */
char *work_render(const struct work *work, render_function *format, size_t *size);
