/* leakwatch ps: the watched processes, a line each. All are asked at once; one that does not answer costs its
 * own line only. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/tally.h"
#include "proc/stat.h"
#include "render/json_text.h"
#include "render/lines.h"
#include "render/style.h"
#include "tool/span.h"
#include "tool/tool.h"
#include "tool/work.h"

static void put_head(void) {
    style_put(stdout, STYLE_TITLE);
    printf("%8s  %-20s %8s %8s %8s %8s %8s", "PID", "PROGRAM", "UPTIME", "THREADS", "BLOCKED", "SUSPECT",
           "LONGEST");
    style_put(stdout, STYLE_PLAIN);
    putchar('\n');
}

static void put_name(const struct watched *watched) {
    printf("%8d  ", watched->pid);
    lines_clean(stdout, watched->name);
    int missing = 20 - (int)strlen(watched->name);
    printf("%*s ", missing > 0 ? missing : 0, "");
}

static void put_line(const struct watched *watched, const struct analysis *analysis) {
    struct tally tally = tally_make(analysis);
    char uptime[SPAN_ROOM], longest[SPAN_ROOM];
    put_name(watched);
    printf("%8s %8zu %8zu ", span_words(watched_uptime(watched), uptime), analysis->counts.threads,
           analysis->counts.by_state[LW_STATE_BLOCKED]);
    if (tally.suspicious > 0)
        style_put(stdout, tally.by_verdict[VERDICT_DEADLOCK] ? STYLE_BAD : STYLE_DOUBTFUL);
    printf("%8zu", tally.suspicious);
    if (tally.suspicious > 0)
        style_put(stdout, STYLE_PLAIN);
    printf(" %8s", tally.longest ? span_words(tally.longest, longest) : "-");
    if (analysis->counts.deadlocks > 0)
        printf("  %zu deadlock%s", analysis->counts.deadlocks, lines_plural(analysis->counts.deadlocks));
    putchar('\n');
}

static json_t *object_of(const struct watched *watched, const struct analysis *analysis, const char *why) {
    json_t *object = json_pack("{s:i, s:o, s:f}", "pid", watched->pid, "program", json_text(watched->name),
                               "uptime_seconds", (double)watched_uptime(watched) / 1e9);
    if (!analysis) {
        json_object_set_new(object, "error", json_string(why));
        return object;
    }
    struct tally tally = tally_make(analysis);
    json_object_set_new(object, "threads", json_integer((json_int_t)analysis->counts.threads));
    json_object_set_new(object, "blocked",
                        json_integer((json_int_t)analysis->counts.by_state[LW_STATE_BLOCKED]));
    json_object_set_new(object, "suspect", json_integer((json_int_t)tally.suspicious));
    json_object_set_new(object, "deadlocks", json_integer((json_int_t)analysis->counts.deadlocks));
    json_object_set_new(object, "longest_wait_seconds", json_real((double)tally.longest / 1e9));
    return object;
}

static struct question *ask_all(const struct settings *settings, size_t *count) {
    /* Each that is read from outside has a process of its own for that. */
    enum { TOGETHER = 4 };
    struct watched *list = watched_list(count, settings->all);
    struct question *questions = calloc(*count + 1, sizeof *questions);
    if (!questions) {
        complain("ps: no memory");
        exit(TOOL_FAILED);
    }
    size_t together = settings->all ? TOGETHER : *count;
    for (size_t first = 0; first < *count; first += together) {
        size_t some = *count - first < together ? *count - first : together;
        for (size_t i = first; i < first + some; i++)
            ask_begin(&questions[i], list[i], settings->patience);
        ask_await(questions + first, some);
    }
    free(list);
    return questions;
}

/* Of many that are looked at some have ended by then. */
static bool has_ended(const struct watched *watched) {
    struct proc_stat stat;
    return !proc_stat(watched->pid, &stat) || stat.started != watched->started || strchr("ZX", stat.state);
}

/* Many have the same: what to do about it, behind the colon, is said once. */
static void put_why(const char *why) {
    enum { REASONS = 8 };
    static char said[REASONS][sizeof((struct question *)NULL)->why];
    size_t length = strcspn(why, ":");
    for (size_t i = 0; i < REASONS; i++) {
        if (strcmp(said[i], why) == 0) {
            printf("%.*s\n", (int)length, why);
            return;
        }
        if (said[i][0] == '\0') {
            snprintf(said[i], sizeof said[i], "%s", why);
            break;
        }
    }
    puts(why);
}

static void tell(struct question *question, const struct settings *settings, const struct pipe_survey *survey,
                 json_t *list) {
    struct work work;
    const char *why = question->state == ASK_ANSWERED ? NULL : question->why;
    if (why && question->watched.outside && has_ended(&question->watched))
        return;
    bool answered = !why && work_take(&work, settings, question, survey);
    if (settings->json)
        json_array_append_new(list,
                              object_of(&question->watched, answered ? work.analysis : NULL, why ? why : ""));
    else if (answered)
        put_line(&question->watched, work.analysis);
    else {
        put_name(&question->watched);
        put_why(question->why);
    }
    if (answered)
        work_end(&work);
}

int command_ps(int count, char **arguments) {
    static const struct usage usage = {
        .command = IN_PS,
        .name = "ps",
        .synopsis = "[OPTIONS]",
        .about = "Lists the watched processes that this user may ask, root those of everybody: how long each "
                 "has been "
                 "up, its\n"
                 "threads, how many are blocked without a deadline, how many look leaked (a proof or "
                 "evidence against "
                 "them, or\n"
                 "ended and never joined), and the longest such wait of a thread other than main.\n",
        .statuses = STATUSES};
    struct settings settings;
    int status = settings_parse(&settings, &usage, count, arguments);
    if (status >= 0)
        return status;
    char why[WATCHED_WHY];
    if (!watched_sees(why)) {
        complain("ps: %s", why);
        settings_drop(&settings);
        return TOOL_FAILED;
    }
    style_use(!settings.json && settings_color(&settings, STDOUT_FILENO));
    size_t processes;
    struct question *questions = ask_all(&settings, &processes);
    struct pipe_survey *survey = pipes_survey();
    json_t *list = json_array();
    if (!settings.json && processes > 0)
        put_head();
    for (size_t i = 0; i < processes; i++) {
        tell(&questions[i], &settings, survey, list);
        ask_end(&questions[i]);
    }
    if (settings.json) {
        json_dumpf(list, stdout, JSON_INDENT(2));
        putchar('\n');
    } else if (processes == 0) {
        complain("no process is watched; LD_PRELOAD=libleakwatch.so PROGRAM, or leakwatch run PROGRAM, "
                 "watches one");
    }
    pipes_survey_drop(survey);
    json_decref(list);
    free(questions);
    settings_drop(&settings);
    return TOOL_OK;
}
