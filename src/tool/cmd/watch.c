/* leakwatch watch: the groups of a running program's threads, again and again: on a terminal as a screen with
 * keys, else as lines. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "render/style.h"
#include "tool/output.h"
#include "tool/process/monotonic.h"
#include "tool/tool.h"
#include "view.h"

struct watch {
    const struct settings *settings;
    struct tracks tracks;
    struct work works[2]; /* of the latest look, for saving, and room for the next */
    struct work *latest;  /* NULL: none yet */
    int pid;
    unsigned saved;
    char note[128];
};

static bool take(struct watch *watch, struct question *question) {
    struct work *next = &watch->works[watch->latest == &watch->works[0]];
    if (!work_take(next, watch->settings, question, NULL))
        return false;
    if (watch->latest)
        work_end(watch->latest);
    watch->latest = next;
    struct sites sites = sites_of_work(next);
    tracks_update(&watch->tracks, &sites);
    return true;
}

static void put_lines(const struct tracks *tracks) {
    char clock[16];
    time_t now = time(NULL);
    strftime(clock, sizeof clock, "%H:%M:%S", localtime(&now));
    printf("%s  %zu threads, %+ld, %.1f a minute\n", clock, tracks->threads,
           (long)tracks->threads - (long)tracks->threads_first,
           tracks_rate(tracks, tracks->threads_first, tracks->threads));
    for (size_t i = 0; i < tracks->count; i++) {
        const struct track *track = &tracks->list[i];
        if (track->site.count != track->before || (tracks->looks == 1 && track->site.count > 0))
            printf("  %7zu %+7ld %9.1f/min  %-18s %s%s\n", track->site.count,
                   (long)track->site.count - (long)track->first,
                   tracks_rate(tracks, track->first, track->site.count), track->site.kind,
                   site_remark(&track->site), track->site.place);
    }
    fflush(stdout);
}

/* Lines, for as long as the program and whoever reads them are there. */
static int watch_plainly(struct watch *watch, struct question *first) {
    const struct settings *settings = watch->settings;
    uint64_t began = clock_now(), next = began;
    bool done = take(watch, first);
    ask_end(first);
    while (done) {
        put_lines(&watch->tracks);
        next += settings->every;
        if ((settings->duration && next - began > settings->duration) || ferror(stdout))
            return TOOL_OK;
        clock_rest_until(next);
        struct question question;
        if (!ask_one(&question, "watch", watch->pid,
                     (struct ask_how){.patience = settings->patience, .outside = settings->outside}))
            return TOOL_OK; /* it has ended; that has been said */
        done = take(watch, &question);
        ask_end(&question);
    }
    return TOOL_FAILED;
}

static void save(struct watch *watch) {
    char path[64];
    size_t size;
    style_use(false);
    char *report = watch->latest ? work_render(watch->latest, render_text, &size) : NULL;
    do
        snprintf(path, sizeof path, "leakwatch-%d-%u.txt", watch->pid, ++watch->saved);
    while (access(path, F_OK) == 0);
    if (report && output_create(path, report, size))
        snprintf(watch->note, sizeof watch->note, " saved as %s", path);
    else
        snprintf(watch->note, sizeof watch->note, " cannot write %s: %s", path, strerror(errno));
    free(report);
}

/* Keys are heard while an answer is waited for. */
static void watch_on_screen(struct watch *watch, struct question *question) {
    enum { KEY_MS = 50 };
    char title[128], status[WATCHED_WHY + 32];
    struct view view = {.title = title};
    snprintf(title, sizeof title, "leakwatch: %s (pid %d)", question->watched.name, watch->pid);
    uint64_t next = clock_now() + watch->settings->every, began = clock_now();
    bool asking = true;
    for (;;) {
        if (asking && question->state == ASK_ANSWERED) {
            take(watch, question);
            ask_end(question);
            asking = false;
        } else if (asking && question->state == ASK_FAILED) {
            snprintf(status, sizeof status, " %s; the last look is shown", question->why);
            view.status = status;
            ask_end(question);
            asking = false;
        }
        uint64_t now = clock_now();
        if (!asking && !view.paused && now >= next) {
            struct watched watched;
            next = now + watch->settings->every;
            char why[WATCHED_WHY];
            if (watched_open(&watched, watch->pid, why) != WATCHED_YES) {
                view.status = " it has ended; the last look is shown";
            } else {
                view.status = NULL;
                ask_begin(question, watched, watch->settings->patience);
                asking = true;
            }
        }
        view_draw(&view, &watch->tracks);
        enum view_wish wish = view_key(&view, &watch->tracks, KEY_MS);
        if (asking)
            ask_look(question);
        if (wish == VIEW_SAVE) {
            save(watch);
            view.note = watch->note;
        }
        if (wish == VIEW_QUIT || (watch->settings->duration && now - began > watch->settings->duration))
            break;
    }
    if (asking)
        ask_end(question);
}

int command_watch(int count, char **arguments) {
    static const struct usage usage = {
        .command = IN_WATCH,
        .name = "watch",
        .synopsis = "[OPTIONS] PID",
        .about = "Shows the groups of a watched process's threads as they grow; ? tells the keys. Where "
                 "stdout is no "
                 "terminal\n"
                 "it prints a line for each look and one for each group that has changed.\n",
        .statuses = STATUSES,
        .least = 1,
        .most = 1,
        .wanted = "PID"};
    struct settings settings;
    int status = settings_parse(&settings, &usage, count, arguments);
    if (status >= 0)
        return status;
    struct watch watch = {.settings = &settings, .pid = settings_pid("watch", settings.arguments[0])};
    if (watch.pid == 0)
        return TOOL_USAGE;
    struct question question;
    status = TOOL_FAILED;
    bool screen = isatty(STDOUT_FILENO) && isatty(STDIN_FILENO);
    if (ask_one(&question, "watch", watch.pid,
                (struct ask_how){.patience = settings.patience, .outside = settings.outside})) {
        if (screen && view_begin()) {
            watch_on_screen(&watch, &question);
            view_end();
            status = TOOL_OK;
        } else {
            status = watch_plainly(&watch, &question);
        }
    }
    if (watch.latest)
        work_end(watch.latest);
    tracks_drop(&watch.tracks);
    settings_drop(&settings);
    return status;
}
