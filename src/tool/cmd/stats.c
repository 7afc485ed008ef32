/* leakwatch stats: one process in numbers. */
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/tally.h"
#include "proc/stat.h"
#include "proc/status.h"
#include "render/lines.h"
#include "tool/span.h"
#include "tool/tool.h"
#include "tool/work.h"

/* What the kernel tells of the process. -1: not known. */
struct process_numbers {
    double cpu_seconds;
    long long resident, virtual; /* bytes */
    long descriptors, descriptor_limit;
};

static long long kibibytes(const char *status, const char *key) {
    char words[64];
    return proc_status_value(status, key, words, sizeof words) ? atoll(words) * 1024 : -1;
}

static long count_descriptors(int pid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    DIR *list = opendir(path);
    long count = list ? 0 : -1;
    for (struct dirent *entry; list && (entry = readdir(list));)
        count += entry->d_name[0] != '.';
    if (list)
        closedir(list);
    return count;
}

static long limit_of_descriptors(int pid) {
    char path[64], line[256];
    long limit = -1;
    snprintf(path, sizeof path, "/proc/%d/limits", pid);
    FILE *limits = fopen(path, "re");
    while (limits && fgets(line, sizeof line, limits))
        if (sscanf(line, "Max open files %ld", &limit) == 1)
            break;
    if (limits)
        fclose(limits);
    return limit;
}

static double cpu_of(int pid) {
    struct proc_stat stat;
    return proc_stat(pid, &stat) ? (double)(stat.user + stat.system) / (double)sysconf(_SC_CLK_TCK) : -1;
}

static struct process_numbers look_at(int pid) {
    char *status = proc_status(pid, 0);
    struct process_numbers numbers = {.cpu_seconds = cpu_of(pid),
                                      .resident = kibibytes(status, "VmRSS"),
                                      .virtual = kibibytes(status, "VmSize"),
                                      .descriptors = count_descriptors(living_thread(pid)),
                                      .descriptor_limit = limit_of_descriptors(pid)};
    free(status);
    return numbers;
}

/* Kinds with the most threads first. */
static const size_t *sorted_by;
static int more_first(const void *a, const void *b) {
    size_t x = sorted_by[*(const int *)a], y = sorted_by[*(const int *)b];
    return (x < y) - (x > y);
}

static const char *words_of_kind(int kind) {
    return kind_words((enum lw_wait_kind)kind);
}
static const char *words_of_state(int state) {
    return state_words((enum lw_state)state);
}

static void put_list(const char *title, const size_t *counts, const char *(*words)(int), size_t kinds) {
    int order[LW_WAIT_KIND_COUNT];
    for (size_t i = 0; i < kinds; i++)
        order[i] = (int)i;
    sorted_by = counts;
    qsort(order, kinds, sizeof *order, more_first);
    printf("%-14s", title);
    for (size_t i = 0; i < kinds && counts[order[i]] > 0; i++)
        printf("%s%zu %s", i ? ", " : "", counts[order[i]], words(order[i]));
    printf("%s\n", counts[order[0]] ? "" : "none");
}

static void put_mebibytes(const char *title, long long bytes, const char *rest) {
    if (bytes < 0)
        printf("%-14snot known\n", title);
    else
        printf("%-14s%.1f MiB%s\n", title, (double)bytes / (1024 * 1024), rest);
}

static void put_stats(const struct watched *watched, const struct analysis *analysis) {
    const struct lw_snapshot_header *header = analysis->snapshot->header;
    const struct counts *counts = &analysis->counts;
    struct tally tally = tally_make(analysis);
    struct process_numbers numbers = look_at(watched->pid);
    char room[SPAN_ROOM], virtual[48];
    lines_clean(stdout, lines_words(analysis, header->program));
    printf(" (pid %d), up %s\n", watched->pid, span_words(watched_uptime(watched), room));
    printf("%-14s%zu alive, %llu created, %zu ended, %zu of them never joined\n", "threads", counts->threads,
           (unsigned long long)header->created, tally.ended, counts->unjoined);
    size_t alive[LW_STATE_COUNT];
    memcpy(alive, counts->by_state, sizeof alive);
    alive[LW_STATE_FINISHED] = 0;
    put_list("state", alive, words_of_state, LW_STATE_COUNT);
    put_list("waiting in", tally.by_kind, words_of_kind, LW_WAIT_KIND_COUNT);
    printf("%-14s%zu (%zu proved, %zu suspect), %zu deadlock%s\n", "look leaked", tally.suspicious,
           tally.by_verdict[VERDICT_DEADLOCK] + tally.by_verdict[VERDICT_STRANDED],
           tally.by_verdict[VERDICT_SUSPECT], counts->deadlocks, lines_plural(counts->deadlocks));
    printf("%-14s%s\n", "longest wait", tally.longest ? span_words(tally.longest, room) : "-");
    if (numbers.cpu_seconds >= 0)
        printf("%-14s%.2fs\n", "CPU", numbers.cpu_seconds);
    snprintf(virtual, sizeof virtual, " of %.1f MiB mapped", (double)numbers.virtual / (1024 * 1024));
    put_mebibytes("RSS", numbers.resident, numbers.virtual >= 0 ? virtual : "");
    put_mebibytes("stacks", (long long)tally.stacks, " reserved");
    if (numbers.descriptors >= 0)
        printf("%-14s%ld open of %ld\n", "descriptors", numbers.descriptors, numbers.descriptor_limit);
    else
        printf("%-14snot known\n", "descriptors");
}

static json_t *list_of(const size_t *counts, const char *(*words)(int), size_t kinds) {
    json_t *list = json_object();
    for (size_t i = 0; i < kinds; i++)
        if (counts[i] > 0)
            json_object_set_new(list, words((int)i), json_integer((json_int_t)counts[i]));
    return list;
}

static json_t *number_or_null(double number) {
    return number < 0 ? json_null() : json_real(number);
}
static json_t *count_or_null(long long count) {
    return count < 0 ? json_null() : json_integer(count);
}

static void print_json(const struct watched *watched, const struct analysis *analysis) {
    const struct counts *counts = &analysis->counts;
    struct tally tally = tally_make(analysis);
    struct process_numbers numbers = look_at(watched->pid);
    json_t *object = json_pack(
        "{s:i, s:f, s:{s:I, s:I, s:I, s:I, s:I}, s:o, s:o, s:I, s:f, s:o, s:o, s:o, s:I, s:o, s:o}", "pid",
        watched->pid, "uptime_seconds", (double)watched_uptime(watched) / 1e9, "threads", "alive",
        (json_int_t)counts->threads, "created", (json_int_t)analysis->snapshot->header->created, "ended",
        (json_int_t)tally.ended, "unjoined", (json_int_t)counts->unjoined, "suspect",
        (json_int_t)tally.suspicious, "states", list_of(counts->by_state, words_of_state, LW_STATE_FINISHED),
        "waits", list_of(tally.by_kind, words_of_kind, LW_WAIT_KIND_COUNT), "deadlocks",
        (json_int_t)counts->deadlocks, "longest_wait_seconds", (double)tally.longest / 1e9, "cpu_seconds",
        number_or_null(numbers.cpu_seconds), "resident_bytes", count_or_null(numbers.resident),
        "virtual_bytes", count_or_null(numbers.virtual), "stacks_bytes", (json_int_t)tally.stacks,
        "descriptors", count_or_null(numbers.descriptors), "descriptor_limit",
        count_or_null(numbers.descriptor_limit));
    json_dumpf(object, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(object);
}

int command_stats(int count, char **arguments) {
    static const struct usage usage = {
        .command = IN_STATS,
        .name = "stats",
        .synopsis = "[OPTIONS] PID",
        .about = "One watched process in numbers: its threads by state and by what they wait in,\n"
                 "how many there have been, and what the process uses.\n",
        .statuses = STATUSES,
        .least = 1,
        .most = 1,
        .wanted = "PID"};
    struct settings settings;
    int status = settings_parse(&settings, &usage, count, arguments);
    if (status >= 0)
        return status;
    int pid = settings_pid("stats", settings.arguments[0]);
    if (pid == 0)
        return TOOL_USAGE;
    struct question question;
    struct work work;
    status = TOOL_FAILED;
    if (ask_one(&question, "stats", pid,
                (struct ask_how){.patience = settings.patience, .outside = settings.outside})) {
        if (work_take(&work, &settings, &question, NULL)) {
            if (settings.json)
                print_json(&question.watched, work.analysis);
            else
                put_stats(&question.watched, work.analysis);
            work_end(&work);
            status = TOOL_OK;
        }
        ask_end(&question);
    }
    settings_drop(&settings);
    return status;
}
