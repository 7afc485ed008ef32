/* leakwatch render: a snapshot becomes a report. Also what the shim starts for its own triggers (--watched).
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../analysis/analysis.h"
#include "../render/render.h"
#include "output.h"
#include "pipes.h"
#include "tool.h"

static void usage(FILE *out) {
    fputs("usage: leakwatch render [OPTIONS] SNAPSHOT\n"
          "  --format F   text (default), json, or snapshot: a copy\n"
          "  --log PATH   append the report there instead of printing it\n"
          "exit status: 0 nothing leaked, 23 leaks found, 2 usage, 1 could not do it\n",
          out);
}

int command_render(int count, char **arguments) {
    static const struct option options[] = {{"format", required_argument, NULL, 'f'},
                                            {"log", required_argument, NULL, 'l'},
                                            {"watched", no_argument, NULL, 'w'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    const char *format = "text", *log = "";
    bool watched = false;
    for (int option; (option = getopt_long(count, arguments, "", options, NULL)) != -1;) {
        switch (option) {
        case 'f':
            format = optarg;
            break;
        case 'l':
            log = optarg;
            break;
        case 'w':
            watched = true;
            break;
        case 'h':
            usage(stdout);
            return TOOL_OK;
        default:
            usage(stderr);
            return TOOL_USAGE;
        }
    }
    if (optind != count - 1) {
        complain("render: name one snapshot");
        usage(stderr);
        return TOOL_USAGE;
    }
    bool keeps = strcmp(format, "snapshot") == 0;
    render_function *render = render_by_name(format);
    if (!render && !keeps) {
        complain("render: there is no format '%s': text, json or snapshot", format);
        return TOOL_USAGE;
    }

    struct snapshot snapshot;
    char room[256];
    const char *path = arguments[optind];
    const char *wrong = snapshot_read(&snapshot, path, room);
    if (wrong) {
        complain("%s: %s", path, wrong);
        return TOOL_FAILED;
    }
    struct facts facts = {0};
    /* A snapshot from a file is of a process that is no more, or another by now. */
    struct pipe_fact *pipes = watched ? pipes_look(&snapshot, &facts.pipe_count) : NULL;
    facts.pipes = pipes;
    struct symbols *symbols = symbols_open(&snapshot);
    uint64_t *positions = symbols_positions(symbols, &snapshot);
    facts.positions = positions;
    struct analysis *analysis = analyse(&snapshot, &facts);
    char *report = NULL;
    size_t size = 0;
    FILE *out = analysis ? open_memstream(&report, &size) : NULL;
    if (!out) {
        complain("%s: no memory for a report", path);
        return TOOL_FAILED;
    }
    if (render)
        render(out, analysis, symbols);
    if (fclose(out) != 0) {
        complain("%s: no memory for a report", path);
        return TOOL_FAILED;
    }
    int status = analysis->counts.leaked > 0 ? TOOL_LEAKS : TOOL_OK;
    if (keeps && render_has_content(analysis)
            ? !output_snapshot(log, snapshot.base, snapshot.size)
            : !output_write(log, watched ? STDERR_FILENO : STDOUT_FILENO, report, size))
        status = TOOL_FAILED;
    if (watched)
        snapshot_answer(&snapshot, analysis->counts.leaked > 0 ? LW_ANSWER_LEAKS : LW_ANSWER_CLEAN);
    free(report);
    symbols_close(symbols);
    analysis_free(analysis);
    free(pipes);
    free(positions);
    snapshot_close(&snapshot);
    return status;
}
