#include "descendants.h"

#include <ctype.h>
#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proc/stat.h"

struct entry {
    int pid, parent;
    unsigned long long started;
    char state;
    bool descends;
};

static struct entry *list_all(size_t *count) {
    struct entry *list = NULL;
    DIR *proc = opendir("/proc");
    *count = 0;
    for (struct dirent *file; proc && (file = readdir(proc));) {
        struct proc_stat stat;
        if (!isdigit((unsigned char)file->d_name[0]) || !proc_stat(atoi(file->d_name), &stat))
            continue;
        struct entry *larger = reallocarray(list, *count + 1, sizeof *list);
        if (!larger)
            break;
        list = larger;
        list[(*count)++] = (struct entry){
            .pid = atoi(file->d_name), .parent = stat.parent, .started = stat.started, .state = stat.state};
    }
    if (proc)
        closedir(proc);
    return list;
}

/* Children may stand before their parents in the list: again, until nothing is new. */
static void mark_descendants(struct entry *list, size_t count) {
    bool changed = true;
    int self = getpid();
    while (changed) {
        changed = false;
        for (size_t i = 0; i < count; i++) {
            bool descends = list[i].parent == self;
            for (size_t k = 0; k < count && !descends; k++)
                descends = list[k].descends && list[k].pid == list[i].parent;
            changed |= descends && !list[i].descends;
            list[i].descends |= descends;
        }
    }
}

static int by_start(const void *a, const void *b) {
    const struct entry *x = a, *y = b;
    return x->started != y->started ? (x->started > y->started) - (x->started < y->started)
                                    : (x->pid > y->pid) - (x->pid < y->pid);
}

/* As the shim starts it (preload/report/launch.c). */
static bool does_render(int pid) {
    char path[64], words[64] = "";
    struct stat own, other;
    snprintf(path, sizeof path, "/proc/%d/exe", pid);
    if (stat("/proc/self/exe", &own) != 0 || stat(path, &other) != 0 || own.st_dev != other.st_dev ||
        own.st_ino != other.st_ino)
        return false;
    snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
    static const char start[] = "leakwatch\0render\0--watched";
    FILE *file = fopen(path, "re");
    size_t length = file ? fread(words, 1, sizeof words, file) : 0;
    if (file)
        fclose(file);
    return length >= sizeof start && memcmp(words, start, sizeof start) == 0;
}

/* A number may have come to mean another process since it was listed. */
static bool keep(struct descendant *descendant, const struct entry *entry) {
    struct proc_stat stat;
    int handle = (int)syscall(SYS_pidfd_open, entry->pid, 0);
    if (handle < 0)
        return false;
    if (!proc_stat(entry->pid, &stat) || stat.started != entry->started) {
        close(handle);
        return false;
    }
    *descendant = (struct descendant){.pid = entry->pid,
                                      .handle = handle,
                                      .started = entry->started,
                                      .state = stat.state,
                                      .renders = does_render(entry->pid)};
    return true;
}

struct descendant *descendants_list(size_t *count) {
    size_t all;
    struct entry *entries = list_all(&all);
    struct descendant *list = calloc(all + 1, sizeof *list);
    *count = 0;
    if (entries && list) {
        mark_descendants(entries, all);
        qsort(entries, all, sizeof *entries, by_start);
    }
    for (size_t i = 0; list && i < all; i++)
        if (entries[i].descends && entries[i].state != 'Z' && entries[i].state != 'X')
            *count += keep(&list[*count], &entries[i]);
    free(entries);
    return list;
}

void descendants_drop(struct descendant *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        close(list[i].handle);
    free(list);
}

bool descendant_signal(const struct descendant *descendant, int signal) {
    return syscall(SYS_pidfd_send_signal, descendant->handle, signal, NULL, 0) == 0;
}

/* A pidfd can be read once all threads of the process have ended (pidfd_open(2)). */
bool descendant_has_ended(const struct descendant *descendant) {
    struct pollfd end = {.fd = descendant->handle, .events = POLLIN};
    return poll(&end, 1, 0) > 0;
}
