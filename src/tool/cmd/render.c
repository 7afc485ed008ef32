/* leakwatch render, leakwatch stack and leakwatch core: a snapshot becomes a report; of a file, of a running program, or of a core.
 * render is also what the shim starts for its own triggers (--watched). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answer.h"
#include "answer_request.h"
#include "find_core.h"
#include "reach/reach.h"
#include "render/style.h"
#include "tool/known/baseline.h"
#include "tool/output.h"
#include "tool/process/turns.h"
#include "tool/tool.h"
#include "tool/work.h"

static bool write_lists(const struct work *work) {
    const struct settings *settings = work->settings;
    bool judges = lw_trigger_judges(work->snapshot.header->trigger), written = true;
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
    style_use(false);
    char *report = copy && work->settings->watched ? work_render(work, render_text, &size) : NULL;
    if (report)
        output_write(copy, -1, report, size);
    free(report);
}

/* A report in the form it is wanted in: a snapshot is kept as it is. */
struct made {
    const void *bytes;
    size_t size;
    bool binary;
    char *words; /* to be freed */
};

static bool write_report(const struct work *work, const struct made *made, int descriptor) {
    const struct settings *settings = work->settings;
    if (settings->answers == ANSWERS_ONLY || made->size == 0)
        return true;
    if (settings->watched)
        turns_await(work->snapshot.header->pid);
    if (!made->binary || (!settings->watched && !settings->log[0] && !isatty(descriptor)))
        return output_write(settings->log, descriptor, made->bytes, made->size);
    return render_has_content(work->analysis) ? output_binary(settings->log, made->bytes, made->size) : true;
}

static int report(struct work *work, render_function *format, bool keeps) {
    const struct settings *settings = work->settings;
    int descriptor = settings->watched ? STDERR_FILENO : STDOUT_FILENO;
    if ((work->snapshot.header->flags & LW_PROCESS_ONLY_PROVED) && work->analysis->counts.deadlocks == 0)
        return TOOL_OK;
    struct made made = {.binary = render_is_binary(settings->format)};
    style_use(format == render_text && !settings->log[0] && settings_color(settings, descriptor));
    made.words = work_render(work, format, &made.size);
    made.bytes = keeps ? work->snapshot.base : made.words;
    if (keeps)
        made.size = work->snapshot.size;
    if (!made.words) {
        complain("no memory for a report");
        return TOOL_FAILED;
    }
    bool leaks = work->analysis->counts.leaked > 0 && !settings->update_baseline;
    int status = leaks ? TOOL_LEAKS : TOOL_OK;
    bool written = write_report(work, &made, descriptor);
    if (!write_lists(work) || !written)
        status = TOOL_FAILED;
    write_copy(work);
    if (settings->answers != ANSWERS_NOT &&
        !answer_leave(&work->snapshot, work->analysis, work->symbols, made.bytes, made.size))
        status = TOOL_FAILED;
    if (settings->watched)
        snapshot_answer(&work->snapshot, leaks ? LW_ANSWER_LEAKS : LW_ANSWER_CLEAN);
    free(made.words);
    return status;
}

/* Of a request that wants it, for another tool to make the report. */
static int answer_with_reach(const struct settings *settings) {
    struct snapshot snapshot;
    char room[256];
    const char *path = settings->arguments[0], *wrong = snapshot_read(&snapshot, path, room);
    if (wrong) {
        complain("%s: %s", path, wrong);
        return TOOL_FAILED;
    }
    struct reach_facts facts = reach_look(&snapshot, strtoull(settings->frozen, NULL, 10));
    bool written = answer_request(&snapshot, &facts, (uint32_t)strtoul(settings->request, NULL, 10));
    reach_drop(&facts);
    snapshot_close(&snapshot);
    return written ? TOOL_OK : TOOL_FAILED;
}

static bool work_of_core(struct work *work, const struct settings *settings) {
    struct found_core found;
    bool made = find_core(&found, settings->count > 0 ? settings->arguments[0] : NULL) &&
                work_core(work, settings, found.path, settings->count > 1 ? settings->arguments[1] : NULL);
    find_core_end(&found);
    return made;
}

static int run(const struct usage *usage, int count, char **arguments) {
    struct settings settings;
    int status = settings_parse(&settings, usage, count, arguments);
    if (status >= 0)
        return status;
    bool keeps = strcmp(settings.format, "snapshot") == 0, asks = usage->command == IN_STACK;
    bool core = usage->command == IN_CORE;
    render_function *format = render_by_name(settings.format);
    int pid = asks ? settings_pid("stack", settings.arguments[0]) : 0;
    struct work work;
    if (asks && pid == 0) {
        status = TOOL_USAGE;
    } else if (settings.request[0]) {
        status = answer_with_reach(&settings);
    } else if (core   ? work_of_core(&work, &settings)
               : asks ? work_ask(&work, &settings, "stack", pid)
                      : work_read(&work, &settings, settings.arguments[0])) {
        status = report(&work, format, keeps);
        work_end(&work);
    } else {
        status = TOOL_FAILED;
    }
    settings_drop(&settings);
    return status;
}

int command_render(int count, char **arguments) {
    static const struct usage usage = {.command = IN_RENDER,
                                       .name = "render",
                                       .synopsis = "[OPTIONS] SNAPSHOT",
                                       .about = "",
                                       .statuses =
                                           "0 nothing leaked, 23 leaks found, 2 usage, 1 could not do it",
                                       .least = 1,
                                       .most = 1,
                                       .wanted = "SNAPSHOT"};
    return run(&usage, count, arguments);
}

int command_stack(int count, char **arguments) {
    static const struct usage usage = {
        .command = IN_STACK,
        .name = "stack",
        .synopsis = "[OPTIONS] PID",
        .about = "Prints a report of all threads of a running program: it is asked for it if it is watched,\n"
                 "else read from outside.\n",
        .statuses = STATUSES,
        .least = 1,
        .most = 1,
        .wanted = "PID"};
    return run(&usage, count, arguments);
}

int command_core(int count, char **arguments) {
    static const struct usage usage = {
        .command = IN_CORE,
        .name = "core",
        .synopsis = "[OPTIONS] [CORE|latest|PID|NAME [PROGRAM]]",
        .about =
            "Prints a report of all threads of the process that a core file is of: the kernel's, gcore's,\n"
            "or one packed by zstd, lz4, xz or gzip; without a file, the latest core, of a process or of a\n"
            "program's name, that coredumpctl has or that lies where the kernel writes them.\n"
            "PROGRAM: what it ran, should that lie elsewhere by now.\n",
        .statuses = STATUSES,
        .most = 2};
    return run(&usage, count, arguments);
}
