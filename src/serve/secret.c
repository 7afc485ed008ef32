#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool/tool.h"

static bool is_of(const char *line, const struct secret_form *form) {
    size_t length = strlen(line);
    if (length < form->least || length > form->most)
        return false;
    if (form->bytes)
        return strspn(line, form->bytes) == length;
    for (; *line; line++)
        if ((unsigned char)*line < 0x20 || *line == 0x7f)
            return false;
    return true;
}

/* The first line; NULL, and why there is none. */
static char *read_line(FILE *file, const struct secret_form *form, const char **why) {
    struct stat status;
    char *line = NULL;
    size_t room = 0;
    if (!file || fstat(fileno(file), &status) != 0) {
        *why = strerror(errno);
    } else if (S_ISREG(status.st_mode) && (status.st_mode & 007)) {
        *why = "everybody may read it; chmod o= keeps it";
    } else if (getline(&line, &room, file) <= 0) {
        *why = ferror(file) ? strerror(errno) : "it is empty";
    } else {
        line[strcspn(line, "\r\n")] = '\0';
        if (is_of(line, form))
            return line;
        *why = form->words;
    }
    free(line);
    return NULL;
}

char *secret_read(const char *option, const char *path, const struct secret_form *form) {
    FILE *file = fopen(path, "re");
    const char *why;
    char *secret = read_line(file, form, &why);
    if (!secret)
        complain("serve: --%s %s: %s", option, path, why);
    if (file)
        fclose(file);
    return secret;
}

char *secret_read_again(const char *path, const struct secret_form *form) {
    /* What was read from a pipe at the start is not there a second time, and opening one would wait. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    FILE *file = fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? fdopen(fd, "r") : NULL;
    const char *why;
    char *secret = file ? read_line(file, form, &why) : NULL;
    if (file)
        fclose(file);
    else if (fd >= 0)
        close(fd);
    return secret;
}
