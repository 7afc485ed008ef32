#include "help.h"

#include <string.h>

char *option_spelled(const char *name, char room[32]) {
    snprintf(room, 32, "%s", name);
    for (char *at = room; *at; at++)
        *at = *at == '_' ? '-' : *at;
    return room;
}

/* Writes a text word by word in lines of WIDTH, each but the first indented. */
static void wrap(FILE *out, const char *text, int column, int indent) {
    enum { WIDTH = 110 };
    while (*text) {
        int length = (int)strcspn(text, " ");
        if (column > indent && column + 1 + length > WIDTH) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
        }
        column += fprintf(out, "%s%.*s", column > indent ? " " : "", length, text);
        text += length + (text[length] == ' ');
    }
    fputc('\n', out);
}

void help_put(FILE *out, const struct option_help *told, enum option_form form, const char *initial) {
    enum { INDENT = 28 };
    char spelled[32], text[512];
    int written =
        fprintf(out, "  --%s %s", option_spelled(told->name, spelled), told->value ? told->value : "");
    if (written >= INDENT)
        written = fprintf(out, "\n") - 1;
    fprintf(out, "%*s", INDENT - written, "");
    bool has_default = initial[0] && form != OPTION_FLAG && strcmp(initial, "0") != 0;
    snprintf(text, sizeof text, "%s%s%s%s%s", told->help, form == OPTION_FORMAT ? ", " : "",
             form == OPTION_FORMAT ? option_wanted(form) : "", has_default ? "; default " : "",
             has_default ? initial : "");
    wrap(out, text, INDENT, INDENT);
}
