/* leakwatch render: a snapshot becomes a report. Also what the shim starts for its own triggers (--watched).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../analysis/analysis.h"
#include "../render/render.h"
#include "answer.h"
#include "baseline.h"
#include "output.h"
#include "pipes.h"
#include "settings.h"
#include "suppress.h"
#include "tool.h"

/* Everything that a report is made of. */
struct work {
    const struct settings *settings;
    struct snapshot snapshot;
    struct symbols *symbols;
    struct facts facts;
    struct pipe_fact *pipes;
    uint64_t *positions;
    struct suppressions suppressions;
    struct baseline *baseline;
    bool *suppressed;
    struct analysis *analysis;
};

/* Only a report that judges has use for them. */
static void suppress_known(struct work *work) {
    const struct settings *settings = work->settings;
    const struct lw_snapshot_header *header = work->snapshot.header;
    if (!trigger_judges((enum lw_trigger)header->trigger))
        return;
    work->suppressed = calloc(header->threads.count + 1, sizeof *work->suppressed);
    if (!work->suppressed)
        return;
    for (size_t i = 0; i < settings->suppressions.count; i++)
        suppress_file(&work->suppressions, settings->suppressions.words[i]);
    for (size_t i = 0; i < settings->suppress.count; i++)
        suppress_words(&work->suppressions, settings->suppress.words[i]);
    if (settings->default_suppressions)
        suppress_defaults(&work->suppressions, &work->snapshot);
    suppress_apply(&work->suppressions, &work->snapshot, work->symbols, work->positions, work->suppressed);
    if (settings->baseline && !settings->update_baseline)
        work->baseline = baseline_read(settings->baseline);
    baseline_apply(work->baseline, &work->snapshot, work->symbols, work->suppressed);
    work->facts.suppressed = work->suppressed;
    work->facts.suppressions = &work->suppressions;
}

static bool begin(struct work *work) {
    /* A snapshot from a file is of a process that is no more, or another by now. */
    if (work->settings->watched)
        work->pipes = pipes_look(&work->snapshot, &work->facts.pipe_count);
    work->facts.pipes = work->pipes;
    work->symbols = symbols_open(&work->snapshot);
    work->facts.positions = work->positions = symbols_positions(work->symbols, &work->snapshot);
    suppress_known(work);
    work->analysis = analyse(&work->snapshot, &work->facts);
    return work->analysis;
}

static void end(struct work *work) {
    if (work->analysis)
        analysis_free(work->analysis);
    symbols_close(work->symbols);
    suppressions_drop(&work->suppressions);
    baseline_drop(work->baseline);
    free(work->suppressed);
    free(work->pipes);
    free(work->positions);
    snapshot_close(&work->snapshot);
}

/* The report in memory; NULL without. */
static char *render(const struct work *work, render_function *format, size_t *size) {
    char *report = NULL;
    FILE *out = open_memstream(&report, size);
    if (!out)
        return NULL;
    if (format)
        format(out, work->analysis, work->symbols);
    return fclose(out) == 0 ? report : NULL;
}

static bool write_lists(const struct work *work) {
    const struct settings *settings = work->settings;
    bool judges = trigger_judges((enum lw_trigger)work->snapshot.header->trigger), written = true;
    if (judges && settings->baseline && settings->update_baseline)
        written &= baseline_write(settings->baseline, work->analysis, work->symbols);
    if (judges && settings->write_suppressions)
        written &= suppress_write(settings->write_suppressions, work->analysis, work->symbols);
    return written;
}

/* `leakwatch run` wants to know what was reported, whatever the format and wherever that went. */
static void write_copy(const struct work *work) {
    const char *copy = getenv("LEAKWATCH_REPORT_COPY");
    size_t size;
    char *report = copy && work->settings->watched ? render(work, render_text, &size) : NULL;
    if (report)
        output_write(copy, -1, report, size);
    free(report);
}

static int report(struct work *work, render_function *format, bool keeps) {
    const struct settings *settings = work->settings;
    size_t size;
    char *words = render(work, format, &size);
    if (!words) {
        complain("%s: no memory for a report", settings->snapshot);
        return TOOL_FAILED;
    }
    size_t leaked = work->analysis->counts.leaked;
    int status = leaked > 0 && !settings->update_baseline ? TOOL_LEAKS : TOOL_OK;
    bool written;
    if (settings->answers == ANSWERS_ONLY)
        written = true;
    else if (render_is_binary(settings->format) && (settings->watched || settings->log[0]) &&
             render_has_content(work->analysis))
        written = output_binary(settings->log, keeps ? work->snapshot.base : words,
                                keeps ? work->snapshot.size : size);
    else
        written = output_write(settings->log, settings->watched ? STDERR_FILENO : STDOUT_FILENO, words, size);
    if (!write_lists(work) || !written)
        status = TOOL_FAILED;
    write_copy(work);
    if (settings->answers != ANSWERS_NOT) {
        const void *whole = keeps ? work->snapshot.base : words;
        if (!answer_leave(&work->snapshot, work->analysis, work->symbols, whole,
                          keeps ? work->snapshot.size : size))
            status = TOOL_FAILED;
    }
    if (settings->watched)
        snapshot_answer(&work->snapshot, status == TOOL_LEAKS ? LW_ANSWER_LEAKS : LW_ANSWER_CLEAN);
    free(words);
    return status;
}

int command_render(int count, char **arguments) {
    struct settings settings;
    int stop = settings_parse(&settings, count, arguments);
    if (stop >= 0)
        return stop;
    bool keeps = strcmp(settings.format, "snapshot") == 0;
    render_function *format = render_by_name(settings.format);
    if (!format && !keeps) {
        complain("render: there is no format '%s': text, json, github, folded, pprof or snapshot",
                 settings.format);
        return TOOL_USAGE;
    }
    struct work work = {.settings = &settings};
    char room[256];
    const char *wrong = snapshot_read(&work.snapshot, settings.snapshot, room);
    if (wrong) {
        complain("%s: %s", settings.snapshot, wrong);
        return TOOL_FAILED;
    }
    int status;
    if (begin(&work)) {
        status = report(&work, format, keeps);
    } else {
        complain("%s: no memory for a report", settings.snapshot);
        status = TOOL_FAILED;
    }
    end(&work);
    settings_drop(&settings);
    return status;
}
