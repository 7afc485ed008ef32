#include "junit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "tool/tool.h"

/* Bytes of the UTF-8 character at `at`; 0 if there is none. */
static size_t utf8_length(const char *at) {
    unsigned char c = (unsigned char)*at;
    size_t length = c < 0x80                ? 1
                    : c >= 0xc2 && c < 0xe0 ? 2
                    : c >= 0xe0 && c < 0xf0 ? 3
                    : c >= 0xf0 && c < 0xf5 ? 4
                                            : 0;
    for (size_t i = 1; i < length; i++)
        if (((unsigned char)at[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

/* XML 1.0 has no control characters but tab and line ends, and no way to write them; names may be any bytes.
 */
static void put_escaped(FILE *out, const char *words, size_t length) {
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)words[i];
        size_t bytes = utf8_length(words + i);
        if (bytes == 0) {
            fprintf(out, "\\x%02x", c);
        } else if (bytes > 1) {
            fwrite(words + i, 1, bytes, out);
            i += bytes - 1;
        } else if (c == '<' || c == '>' || c == '&' || c == '"')
            fprintf(out, "&#%d;", c);
        else
            fputc((c < 0x20 && c != '\t' && c != '\n') || c == 0x7f ? '?' : c, out);
    }
}

static void put_words(FILE *out, const char *words) {
    put_escaped(out, words, strlen(words));
}

static char *read_report(const char *path) {
    char *text = NULL;
    size_t room = 0;
    FILE *file = fopen(path, "re");
    if (file && getdelim(&text, &room, '\0', file) < 0) {
        free(text);
        text = NULL;
    }
    if (file)
        fclose(file);
    return text;
}

/* What is wrong with it, in words; false if nothing is. */
static bool fails(const struct junit_case *result, const char *report, char words[200]) {
    int status = WIFEXITED(result->status) ? WEXITSTATUS(result->status) : -1;
    if (result->hung)
        snprintf(words, 200, "hung: ended after %.1f s", result->seconds);
    else if (WIFSIGNALED(result->status))
        snprintf(words, 200, "ended by signal %d", WTERMSIG(result->status));
    else if (status == result->leak_status && report)
        snprintf(words, 200, "%.*s", (int)strcspn(report, "\n"), report);
    else if (status != 0)
        snprintf(words, 200, "exit status %d", status);
    else
        return false;
    return true;
}

bool junit_write(const char *path, const struct junit_case *result, const char *report_path) {
    FILE *out = fopen(path, "we");
    if (!out) {
        complain("run: cannot write %s: %s", path, strerror(errno));
        return false;
    }
    char words[200];
    char *report = read_report(report_path);
    bool failed = fails(result, report, words);
    fprintf(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"leakwatch\" tests=\"1\" "
        "failures=\"%d\" errors=\"0\" time=\"%.3f\">\n<testcase classname=\"leakwatch\" name=\"",
        failed, result->seconds);
    put_words(out, result->name);
    fprintf(out, "\" time=\"%.3f\">\n", result->seconds);
    if (failed) {
        fprintf(out, "<failure message=\"");
        put_words(out, words);
        fprintf(out, "\">");
        if (report)
            put_words(out, report);
        fprintf(out, "</failure>\n");
    } else if (report) {
        fprintf(out, "<system-err>");
        put_words(out, report);
        fprintf(out, "</system-err>\n");
    }
    fprintf(out, "</testcase>\n</testsuite>\n</testsuites>\n");
    free(report);
    bool written = !ferror(out);
    if (fclose(out) != 0 || !written) {
        complain("run: cannot write %s: %s", path, strerror(errno));
        return false;
    }
    return true;
}
