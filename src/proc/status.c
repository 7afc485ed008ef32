#include "status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *proc_status(int pid, int tid) {
    char path[64], *status = NULL;
    size_t room = 0;
    if (tid != 0)
        snprintf(path, sizeof path, "/proc/%d/task/%d/status", pid, tid);
    else
        snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *file = fopen(path, "re");
    bool read = file && getdelim(&status, &room, '\0', file) > 0;
    if (file)
        fclose(file);
    if (read)
        return status;
    free(status);
    return NULL;
}

bool proc_status_value(const char *status, const char *key, char *value, size_t room) {
    size_t length = strlen(key);
    for (const char *line = status; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, length) != 0 || line[length] != ':')
            continue;
        line += length + 1;
        line += strspn(line, "\t ");
        snprintf(value, room, "%.*s", (int)strcspn(line, "\n"), line);
        return true;
    }
    return false;
}

bool proc_status_has_signal(const char *status, const char *key, int signal) {
    char words[64];
    return proc_status_value(status, key, words, sizeof words) &&
           (strtoull(words, NULL, 16) >> (signal - 1) & 1);
}
