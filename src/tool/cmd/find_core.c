#include "find_core.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "outside/core_image.h"
#include "tool/tool.h"

/* What is looked for. The kernel keeps 15 bytes of a program's name, and so does systemd. */
struct wanted {
    char word[16]; /* "" for the latest of all */
    bool number;   /* it is a process's */
    char why[400]; /* what the ways so far have come to */
};

static const char systemd_directory[] = "/var/lib/systemd/coredump";

static void put_found(struct found_core *found, const char *path, const char *what) {
    if (path != found->path)
        snprintf(found->path, sizeof found->path, "%s", path);
    complain("core: %s", what);
}

static void tell_file(struct found_core *found, const char *path, time_t at) {
    char line[4300], when[64];
    struct tm broken;
    strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", localtime_r(&at, &broken));
    snprintf(line, sizeof line, "%s, of %s", path, when);
    put_found(found, path, line);
}

/* The value of a line "  KEY: VALUE" of what coredumpctl says of a core; false if there is none. */
static bool value_of(const char *words, const char *key, char *value, size_t room) {
    const char *at = strstr(words, key);
    if (!at)
        return false;
    at += strlen(key);
    snprintf(value, room, "%.*s", (int)strcspn(at, "\n"), at);
    return true;
}

static void read_said(int fd, char *words, size_t room) {
    ssize_t length = pread(fd, words, room - 1, 0);
    words[length > 0 ? length : 0] = '\0';
}

static void last_line(char *words, char *line, size_t room) {
    size_t length = strlen(words);
    while (length > 0 && (isspace((unsigned char)words[length - 1]) || words[length - 1] == '.'))
        words[--length] = '\0';
    const char *start = strrchr(words, '\n');
    snprintf(line, room, "%s", start ? start + 1 : words);
}

/* coredumpctl(1) writes the core, unpacked, to its output, and what it is to stderr. Returns its status; -1, with errno, if it cannot be started. */
static int run_coredumpctl(const struct wanted *wanted, int core, int said) {
    char *arguments[] = {"coredumpctl", "--no-pager", "dump", wanted->word[0] ? (char *)wanted->word : NULL,
                         NULL};
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status = 0;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, core, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, said, STDERR_FILENO);
    errno = posix_spawnp(&child, arguments[0], &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (errno != 0)
        return -1;
    waitpid(child, &status, 0);
    return status;
}

static bool by_coredumpctl(struct found_core *found, struct wanted *wanted) {
    char words[16384], process[64] = "it does not say which", when[128] = "it does not say when", line[256];
    int core = core_image_unnamed(), said = memfd_create("leakwatch-core", MFD_CLOEXEC);
    int status = core < 0 || said < 0 ? -1 : run_coredumpctl(wanted, core, said), error = errno;
    struct stat written = {0};
    read_said(said, words, sizeof words);
    if (said >= 0)
        close(said);
    if (status == 0 && fstat(core, &written) == 0 && written.st_size > 0) {
        found->kept = core;
        snprintf(found->path, sizeof found->path, "/proc/self/fd/%d", core);
        value_of(words, "PID: ", process, sizeof process);
        value_of(words, "Timestamp: ", when, sizeof when);
        snprintf(line, sizeof line, "by coredumpctl, of process %s, %s", process, when);
        put_found(found, found->path, line);
        return true;
    }
    if (core >= 0)
        close(core);
    last_line(words, line, sizeof line);
    snprintf(wanted->why, sizeof wanted->why,
             status == -1 && error == ENOENT ? "coredumpctl is not installed" : "coredumpctl: %s",
             status == -1 ? strerror(error)
             : line[0]    ? line
                          : "it has nothing to say");
    return false;
}

/* core.NAME.USER.BOOT.PID.MICROSECONDS[.zst]; dots within a name are escaped (systemd, src/coredump/coredump.c, make_filename). */
static bool is_wanted_entry(const struct wanted *wanted, const char *entry, uint64_t *at) {
    char name[64], process[16];
    unsigned long long time;
    if (sscanf(entry, "core.%63[^.].%*[0-9].%*[0-9a-f].%15[0-9].%llu", name, process, &time) != 3)
        return false;
    *at = time;
    return wanted->word[0] == '\0' || strcmp(wanted->number ? process : name, wanted->word) == 0;
}

static bool in_systemd_directory(struct found_core *found, struct wanted *wanted) {
    DIR *list = opendir(systemd_directory);
    char path[sizeof systemd_directory + 256] = "";
    uint64_t latest = 0, at;
    for (struct dirent *entry; list && (entry = readdir(list));) {
        if (!is_wanted_entry(wanted, entry->d_name, &at) || at <= latest)
            continue;
        latest = at;
        snprintf(path, sizeof path, "%s/%s", systemd_directory, entry->d_name);
    }
    size_t length = strlen(wanted->why);
    if (!list && errno != ENOENT)
        snprintf(wanted->why + length, sizeof wanted->why - length, "; %s: %s", systemd_directory,
                 strerror(errno));
    else if (list)
        snprintf(wanted->why + length, sizeof wanted->why - length, "; none in %s", systemd_directory);
    if (list)
        closedir(list);
    if (path[0])
        tell_file(found, path, (time_t)(latest / 1000000));
    return path[0];
}

static void read_kernel(const char *name, char *words, size_t room) {
    char path[64];
    snprintf(path, sizeof path, "/proc/sys/kernel/%s", name);
    FILE *file = fopen(path, "re");
    words[0] = '\0';
    if (file && !fgets(words, (int)room, file))
        words[0] = '\0';
    if (file)
        fclose(file);
    words[strcspn(words, "\n")] = '\0';
}

/* The kernel's pattern (core(5)) as one of glob(7). False if the names that it makes do not tell what is wanted. */
static bool pattern_of(const struct wanted *wanted, const char *kernel, char *pattern, size_t room) {
    char uses_pid[8];
    const char *number = wanted->number ? wanted->word : "*";
    const char *name = !wanted->number && wanted->word[0] ? wanted->word : "*";
    bool tells = wanted->word[0] == '\0', has_number = false;
    size_t used = 0;
    for (const char *at = kernel; *at && used + sizeof wanted->word + 8 < room; at++) {
        char kind = *at == '%' && at[1] ? *++at : '\0';
        bool is_number = kind == 'p' || kind == 'P';
        has_number |= kind == 'p';
        tells |= wanted->number ? is_number : kind == 'e';
        if (kind == '\0' || kind == '%')
            used += (size_t)snprintf(pattern + used, room - used, strchr("*?[\\", *at) ? "\\%c" : "%c", *at);
        else
            used += (size_t)snprintf(pattern + used, room - used, "%s",
                                     is_number     ? number
                                     : kind == 'e' ? name
                                                   : "*");
    }
    read_kernel("core_uses_pid", uses_pid, sizeof uses_pid);
    if (atoi(uses_pid) != 0 && !has_number) {
        tells |= wanted->number;
        snprintf(pattern + used, room - used, ".%s", number);
    }
    return tells;
}

static bool is_later(const struct timespec *a, const struct timespec *b) {
    return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

static bool where_the_kernel_writes(struct found_core *found, const struct wanted *wanted,
                                    const char *kernel) {
    char pattern[1024];
    glob_t files = {0};
    struct stat status, latest = {0};
    const char *path = NULL;
    if (kernel[0] == '|' || kernel[0] == '\0' || !pattern_of(wanted, kernel, pattern, sizeof pattern) ||
        glob(pattern, 0, NULL, &files) != 0)
        return false;
    for (size_t i = 0; i < files.gl_pathc; i++) {
        if (stat(files.gl_pathv[i], &status) != 0 || !S_ISREG(status.st_mode) ||
            (path && !is_later(&status.st_mtim, &latest.st_mtim)))
            continue;
        path = files.gl_pathv[i];
        latest = status;
    }
    if (path)
        tell_file(found, path, latest.st_mtime);
    globfree(&files);
    return path;
}

static void say_where_they_are(const struct wanted *wanted, const char *kernel) {
    char of[96] = "there is no core";
    if (wanted->word[0])
        snprintf(of, sizeof of, "there is no file '%s', nor a core of that %s", wanted->word,
                 wanted->number ? "process" : "program");
    if (kernel[0] == '|')
        complain("core: %s: %s; the kernel hands cores to %.*s (kernel.core_pattern): name the file", of,
                 wanted->why, (int)strcspn(kernel + 1, " "), kernel + 1);
    else if (kernel[0] == '/')
        complain("core: %s: %s; the kernel writes cores to %s (kernel.core_pattern), of programs whose "
                 "ulimit -c lets it: name the file",
                 of, wanted->why, kernel);
    else
        complain("core: %s: %s; the kernel writes cores to '%s' in the directory that the program is in "
                 "(kernel.core_pattern), if its ulimit -c lets it: go there, or name the file",
                 of, wanted->why, kernel);
}

bool find_core(struct found_core *found, const char *what) {
    struct wanted wanted = {0};
    struct stat status;
    char kernel[256];
    *found = (struct found_core){.kept = -1};
    if (what && (strchr(what, '/') || stat(what, &status) == 0)) {
        snprintf(found->path, sizeof found->path, "%s", what);
        return true;
    }
    if (what && strcmp(what, "latest") != 0)
        snprintf(wanted.word, sizeof wanted.word, "%s", what);
    wanted.number = wanted.word[0] && strspn(wanted.word, "0123456789") == strlen(wanted.word);
    read_kernel("core_pattern", kernel, sizeof kernel);
    if (by_coredumpctl(found, &wanted) || in_systemd_directory(found, &wanted) ||
        where_the_kernel_writes(found, &wanted, kernel))
        return true;
    say_where_they_are(&wanted, kernel);
    return false;
}

void find_core_end(struct found_core *found) {
    if (found->kept >= 0)
        close(found->kept);
    found->kept = -1;
}
