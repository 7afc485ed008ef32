/* Of programs that `leakwatch run` has started and that no preload reaches: static ones, as Go makes them, and those with other rights. */
#pragma once

#include "tool/process/descendants.h"
#include "tool/settings.h"

/* Reports of those among the descendants, on stderr, read from outside: what cannot be asked, and is about to be ended. */
void unreached_report(const struct settings *settings, const struct descendant *list, size_t count);
