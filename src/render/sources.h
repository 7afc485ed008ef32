/* Lines of source files around the places on stacks, where the files can be read. */
#pragma once

#include <jansson.h>

struct sources;

/* root: what the paths lie below; NULL: this machine's. */
struct sources *sources_open(const char *root);
/* Lines around this one are wanted. directory: what a relative file is to be found from, or NULL. */
void sources_want(struct sources *sources, const char *directory, const char *file, int line);
/* {"FILE": {"NUMBER": "line", ...}, ...} of the files that could be read; frees the rest. */
json_t *sources_close(struct sources *sources);
