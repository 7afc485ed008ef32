#include "pipe_survey.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "descriptor_file.h"
#include "everyone.h"
#include "pipes.h"

static int by_target(const void *a, const void *b) {
    return strcmp(((const struct pipe_end *)a)->target, ((const struct pipe_end *)b)->target);
}

struct surveyed {
    struct pipe_survey *survey;
    int proc, pid;          /* the process that is looked into: */
    struct inodes *sockets; /* its UNIX sockets */
    bool hidden;            /* and some that may not be seen */
};

static void survey_end(struct surveyed *of, int through, int fds, const char *entry) {
    struct pipe_survey *survey = of->survey;
    char target[40];
    struct stat status;
    ssize_t length = readlinkat(fds, entry, target, sizeof target - 1);
    target[length > 0 ? length : 0] = '\0';
    if (strncmp(target, "socket:[", 8) == 0)
        survey->travels |= inodes_put_socket(of->sockets, strtoull(target + 8, NULL, 10), of->proc, through,
                                             atoi(entry), false);
    if (strcmp(target, RING) == 0)
        of->hidden |= ring_has_files(of->proc, through, atoi(entry));
    if (strncmp(target, "pipe:", 5) != 0 || fstatat(fds, entry, &status, AT_SYMLINK_NOFOLLOW) != 0)
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
    memcpy(end->target, target, sizeof target);
}

static void survey_table(void *context, int through, DIR *directory) {
    struct surveyed *of = context;
    for (struct dirent *entry; (entry = readdir(directory));)
        survey_end(of, through, dirfd(directory), entry->d_name);
}

static void survey_process(void *context, int pid, struct inodes *sockets) {
    struct surveyed *of = context;
    of->pid = pid;
    of->sockets = sockets;
    of->hidden = false;
    descriptors_each(of->proc, pid, &of->hidden, survey_table, of);
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
