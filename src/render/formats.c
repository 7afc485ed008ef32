#include "formats.h"

#include <string.h>

static const struct {
    const char *name;
    render_function *render; /* NULL: what is kept is the snapshot itself */
    bool binary;
} formats[] = {
#define render_snapshot       NULL
#define X(name, binary, help) {#name, render_##name, binary},
    LW_FORMATS(X)
#undef X
};

render_function *render_by_name(const char *name) {
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].name, name) == 0)
            return formats[i].render;
    return NULL;
}

bool render_is_binary(const char *name) {
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].name, name) == 0)
            return formats[i].binary;
    return false;
}

bool render_has_content(const struct analysis *analysis) {
    return analysis->group_count > 0;
}
