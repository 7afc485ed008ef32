/* The formats of a report, for the shim, which checks the option, and the tool, which writes them. */
#pragma once

/* name, is it bytes that are not for a terminal and of which a file holds one report */
#define LW_OUTPUT_FORMATS(X) \
    X(text, 0)               \
    X(json, 0)               \
    X(github, 0)             \
    X(folded, 0)             \
    X(profile, 0)            \
    X(html, 1)               \
    X(pprof, 1)              \
    X(snapshot, 1)
