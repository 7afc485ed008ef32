#include "pipe_survey.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "everyone.h"
#include "pipes.h"
#include "proc/descriptor_file.h"

static int by_target(const void *a, const void *b) {
    return strcmp(((const struct pipe_end *)a)->target, ((const struct pipe_end *)b)->target);
}

struct surveyed {
    struct pipe_survey *survey;
    int proc, pid;          /* the process that is looked into: */
    struct inodes *sockets; /* its UNIX sockets */
    bool hidden;            /* and some that may not be seen */
};

static void survey_end(void *context, const struct shown_descriptor *shown) {
    struct surveyed *of = context;
    struct pipe_survey *survey = of->survey;
    char path[DESCRIPTOR_PATH];
    struct stat status;
    if (strncmp(shown->target, "socket:[", 8) == 0)
        survey->travels |= inodes_put_socket(of->sockets, strtoull(shown->target + 8, NULL, 10), of->proc,
                                             shown->through, shown->fd, false);
    if (strcmp(shown->target, RING) == 0)
        of->hidden |= ring_has_files(of->proc, shown->through, shown->fd);
    descriptor_path(path, shown);
    if (strncmp(shown->target, "pipe:", 5) != 0 || strlen(shown->target) >= PIPE_TARGET ||
        fstatat(of->proc, path, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return;
    if (survey->count == survey->room) {
        size_t room = survey->room ? 2 * survey->room : 256;
        struct pipe_end *larger = reallocarray(survey->ends, room, sizeof *larger);
        if (!larger) {
            survey->failed = true;
            return;
        }
        survey->ends = larger;
        survey->room = room;
    }
    struct pipe_end *end = &survey->ends[survey->count++];
    *end = (struct pipe_end){.pid = of->pid, .mode = status.st_mode};
    snprintf(end->target, sizeof end->target, "%s", shown->target);
}

static void survey_process(void *context, int pid, struct inodes *sockets) {
    struct surveyed *of = context;
    of->pid = pid;
    of->sockets = sockets;
    of->hidden = false;
    descriptors_each(of->proc, pid, &of->hidden, survey_end, of);
    if (of->hidden) {
        of->survey->unreadable++;
        of->survey->one_unreadable = pid;
    }
}

static void survey_again(void *context) {
    struct pipe_survey *survey = ((struct surveyed *)context)->survey;
    survey->count = survey->unreadable = 0;
    survey->travels = false;
}

static bool survey_is_over(const void *context) {
    return ((const struct surveyed *)context)->survey->failed;
}

struct pipe_survey *pipes_survey(void) {
    struct pipe_survey *survey = calloc(1, sizeof *survey);
    DIR *proc = survey ? opendir("/proc") : NULL;
    if (survey && !proc)
        survey->failed = true;
    if (proc) {
        struct surveyed of = {.survey = survey, .proc = dirfd(proc)};
        struct everyone everyone = {.look = survey_process,
                                    .again = survey_again,
                                    .is_over = survey_is_over,
                                    .context = &of,
                                    .patient = true};
        everyone_look(proc, &everyone, survey->restless);
        closedir(proc);
    }
    if (survey && survey->count > 0)
        qsort(survey->ends, survey->count, sizeof *survey->ends, by_target);
    return survey;
}

void pipes_survey_drop(struct pipe_survey *survey) {
    if (survey)
        free(survey->ends);
    free(survey);
}

static struct pipe_end wanted_end(const char *target) {
    struct pipe_end wanted = {0};
    snprintf(wanted.target, sizeof wanted.target, "%.39s", target);
    return wanted;
}

size_t pipe_survey_first(const struct pipe_survey *survey, const char *target) {
    struct pipe_end wanted = wanted_end(target);
    size_t low = 0, high = survey->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (by_target(&survey->ends[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct pipe_end *pipe_survey_end(const struct pipe_survey *survey, size_t at, const char *target) {
    struct pipe_end wanted = wanted_end(target);
    return at < survey->count && by_target(&survey->ends[at], &wanted) == 0 ? &survey->ends[at] : NULL;
}
