#include "render.h"

#include <string.h>

static const struct {
    const char *name;
    render_function *render;
} formats[] = {{"text", render_text},
               {"json", render_json},
               {"github", render_github},
               {"folded", render_folded},
               {"pprof", render_pprof}};

render_function *render_by_name(const char *name) {
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].name, name) == 0)
            return formats[i].render;
    return NULL;
}

bool render_is_binary(const char *name) {
    return strcmp(name, "pprof") == 0 || strcmp(name, "snapshot") == 0;
}

bool render_has_content(const struct analysis *analysis) {
    return analysis->group_count > 0;
}
