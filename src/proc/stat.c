#include "stat.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "words.h"

static bool read_stat(int directory, const char *path, struct proc_stat *stat) {
    char words[1024];
    *stat = (struct proc_stat){.state = '?'};
    proc_words(directory, path, words, sizeof words);
    /* proc(5): words 2 to 4, 9, 14, 15, 20, 22 and 39. The name, in parentheses, may hold anything. */
    const char *name = strchr(words, '('), *end = strrchr(words, ')');
    if (!name || !end)
        return false;
    snprintf(stat->name, sizeof stat->name, "%.*s", (int)(end - name - 1), name + 1);
    return sscanf(end + 1,
                  " %c %d %*d %*d %*d %*d %u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %u %*d %llu %*u %*d "
                  "%*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %d",
                  &stat->state, &stat->parent, &stat->flags, &stat->user, &stat->system, &stat->threads,
                  &stat->started, &stat->processor) == 8;
}

bool proc_stat_of(int directory, int number, struct proc_stat *stat) {
    char path[32];
    snprintf(path, sizeof path, "%d/stat", number);
    return read_stat(directory, path, stat);
}

bool proc_stat(int pid, struct proc_stat *stat) {
    char path[32];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    return read_stat(AT_FDCWD, path, stat);
}

/* Of the one thread: for a process the kernel adds up the times of all that it has, which takes a millisecond where they are ten thousand
 * (kernel: fs/proc/array.c, do_task_stat, `whole`). */
static char state_of_main(int pid) {
    char path[48];
    struct proc_stat stat;
    snprintf(path, sizeof path, "/proc/%d/task/%d/stat", pid, pid);
    return read_stat(AT_FDCWD, path, &stat) ? stat.state : '?';
}

/* Of a main thread that has ended there is no root and no program. */
static int any_living_thread(int pid) {
    char path[32];
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *list = opendir(path);
    int found = pid;
    for (struct dirent *entry; list && found == pid && (entry = readdir(list));)
        if (isdigit((unsigned char)entry->d_name[0]))
            found = atoi(entry->d_name); /* its own number: go on */
    if (list)
        closedir(list);
    return found;
}

int living_thread(int pid) {
    return state_of_main(pid) == 'Z' ? any_living_thread(pid) : pid;
}

bool is_kernel_thread(int pid) {
    struct proc_stat stat;
    return proc_stat(pid, &stat) && (stat.flags & PROC_KERNEL_THREAD);
}
