/* LEAKWATCH_OPTIONS, parsed once by the constructor. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct options {
    int signal; /* snapshot signal, 0 for none */
    bool at_exit, at_term;
    uint64_t grace;    /* ns */
    uint64_t min_wait; /* ns */
    uint64_t stall;    /* ns; 0: do not look */
    uint64_t monitor;  /* ns between counts of threads; 0: do not count */
    int threshold;     /* how many more than the baseline make a report */
    int exitcode;
    int depth;
    char format[16];
    char log[1024];     /* empty: stderr */
    char metrics[1024]; /* a file to keep metrics in; empty: none */
    char program[256];
    char words[4096];     /* all as they were given: the tool reads those that are its own */
    char directory[1024]; /* where the program was started: what their relative paths mean */
};

extern struct options options;

/* words: the variable's value or NULL. Each thing wrong is one line on stderr; the default is kept. */
void options_parse(const char *words);
