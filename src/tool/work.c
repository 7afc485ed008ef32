#include "work.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "reach/carry.h"
#include "reach/reach.h"
#include "symbols/progress.h"
#include "tool.h"
#include "tool/known/baseline.h"
#include "tool/process/awaited.h"
#include "tool/process/inside.h"
#include "tool/process/naps.h"
#include "tool/process/other_wakers.h"
#include "tool/process/pipes.h"

/* Only a report that judges has use for them. */
static void suppress_known(struct work *work) {
    const struct settings *settings = work->settings;
    const struct lw_snapshot_header *header = work->snapshot.header;
    if (!lw_trigger_judges(header->trigger))
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

/* pid: of the process as this one sees it, if it is running; else 0: a snapshot from a file is of a process
 * that is no more, or another by now. */
static bool begin(struct work *work, const char *name, int pid, const struct pipe_survey *survey) {
    struct symbol_places places = work->settings->places;
    if (!places.sysroot && work->root[0])
        places.sysroot = work->root;
    if (work->exe[0])
        places.exe = work->exe;
    places.running = pid;
    places.made = pid ? 0 : work->made ? work->made : work->snapshot.header->realtime;
    if (pid) {
        struct thread_tables tables = {.snapshot = &work->snapshot, .pid = pid};
        work->facts.pipes = pipes_look(&tables, survey);
        work->facts.children = awaited_look(&work->snapshot, pid);
        work->facts.inside = inside_look(&tables);
        work->facts.other_wakers = other_wakers_look(&tables);
        thread_tables_drop(&tables);
        python_look(&work->python, &work->snapshot, pid, &places);
        const char *frozen = work->settings->frozen;
        if (frozen[0])
            work->facts.reach = reach_look(&work->snapshot, strtoull(frozen, NULL, 10));
        else if (!work->facts.reach.asked)
            work->facts.reach = reach_carried(&work->snapshot);
        if (work->snapshot.header->flags & LW_PROCESS_HELD)
            snapshot_answer(&work->snapshot, LW_ANSWER_LOOKED);
        /* It takes a moment: not where the program is about to end and waits for this report, nor for each of many. */
        uint32_t trigger = work->snapshot.header->trigger;
        if ((trigger == LW_TRIGGER_SIGNAL || trigger == LW_TRIGGER_OUTSIDE) && !survey)
            work->facts.naps = work->naps = naps_look(&work->snapshot, pid);
    }
    work->facts.gils = work->python.gils;
    work->facts.gil_count = work->python.gil_count;
    work->symbols = symbols_open(&work->snapshot, &places);
    reach_name(&work->facts.reach, work->symbols);
    work->facts.positions = work->positions = symbols_positions(work->symbols, &work->snapshot);
    suppress_known(work);
    work->analysis = analyse(&work->snapshot, &work->facts);
    progress_end(); /* what is left is quick */
    if (work->analysis)
        return true;
    complain("%s: no memory for a report", name);
    work_end(work);
    return false;
}

bool work_read(struct work *work, const struct settings *settings, const char *path) {
    char room[256];
    *work = (struct work){.settings = settings};
    const char *wrong = snapshot_read(&work->snapshot, path, room);
    if (wrong) {
        complain("%s: %s", path, wrong);
        return false;
    }
    return begin(work, path, settings->watched ? work->snapshot.header->pid : 0, NULL);
}

bool work_take(struct work *work, const struct settings *settings, struct question *question,
               const struct pipe_survey *survey) {
    const struct watched *watched = &question->watched;
    *work = (struct work){.settings = settings, .snapshot = question->snapshot};
    question->state = ASK_FAILED; /* nothing is left in it */
    if (watched->outside && watched->reach)
        work->facts.reach = (struct reach_facts){.asked = true, .refusal = LW_FROZEN_OUTSIDE};
    if (watched->elsewhere)
        snprintf(work->root, sizeof work->root, "/proc/%d/root", watched->through);
    snprintf(work->exe, sizeof work->exe, "/proc/%d/exe", watched->through);
    return begin(work, watched->name, watched->pid, survey);
}

bool work_ask(struct work *work, const struct settings *settings, const char *command, int pid) {
    struct question question;
    if (!ask_one(&question, command, pid,
                 (struct ask_how){.patience = settings->patience,
                                  .outside = settings->outside,
                                  .halts = settings->stop,
                                  .reach = (unsigned)settings->reach}))
        return false;
    bool done = work_take(work, settings, &question, NULL);
    ask_end(&question);
    return done;
}

bool work_core(struct work *work, const struct settings *settings, const char *core, const char *program) {
    enum { PAUSE_NS = 1000000 };
    struct outside outside;
    char why[256] = "";
    enum outside_state state = OUTSIDE_FAILED;
    struct stat status;
    *work = (struct work){.settings = settings};
    if (program)
        snprintf(work->exe, sizeof work->exe, "%s", program);
    if (stat(core, &status) == 0)
        work->made = (uint64_t)status.st_mtim.tv_sec * 1000000000u + (uint64_t)status.st_mtim.tv_nsec;
    struct symbol_places places = settings->places;
    places.exe = program ? program : places.exe;
    places.made = work->made;
    if (outside_begin_core(&outside, core, program, &places)) {
        while ((state = outside_look(&outside, &work->snapshot, why)) == OUTSIDE_PENDING)
            nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
        outside_end(&outside);
    } else if (errno == EOPNOTSUPP) {
        snprintf(why, sizeof why, "cores are read on x86-64 only so far");
    } else {
        snprintf(why, sizeof why, "no process can be made to look at it: %s", strerror(errno));
    }
    if (state == OUTSIDE_DONE)
        return begin(work, core, 0, NULL);
    complain("%s: %s", core, why);
    return false;
}

void work_end(struct work *work) {
    if (work->analysis)
        analysis_free(work->analysis);
    symbols_close(work->symbols);
    suppressions_drop(&work->suppressions);
    baseline_drop(work->baseline);
    free(work->suppressed);
    pipes_drop(&work->facts.pipes);
    awaited_drop(&work->facts.children);
    free(work->naps);
    inside_drop(&work->facts.inside);
    reach_drop(&work->facts.reach);
    free(work->positions);
    python_drop(&work->python);
    snapshot_close(&work->snapshot);
}

char *work_render(const struct work *work, render_function *format, size_t *size) {
    char *report = NULL;
    FILE *out = open_memstream(&report, size);
    if (!out)
        return NULL;
    if (format)
        format(out, work->analysis, work->symbols);
    return fclose(out) == 0 ? report : NULL;
}
