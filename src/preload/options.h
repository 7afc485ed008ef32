/* LEAKWATCH_OPTIONS, parsed once by the constructor. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "shared/options.def"

#define FIELD_SIGNAL(field, high) int field;
#define FIELD_SWITCH(field, high) bool field;
#define FIELD_TIME(field, high)   uint64_t field; /* ns */
#define FIELD_NUMBER(field, high) int field;
#define FIELD_FORMAT(field, high) char field[high];
#define FIELD_PATH(field, high)   char field[high];
#define FIELD_TEXT(field, high)   char field[high];

/* A field for each of the shim's options (shared/options.def), and what the tool is told. */
struct options {
#define X(name, field, form, low, high, initial, commands, value, help) FIELD_##form(field, high)
    LW_SHIM_OPTIONS(X)
#undef X
    bool signal_named;    /* LEAKWATCH_OPTIONS says which */
    char words[4096];     /* all as they were given: the tool reads those that are its own */
    char directory[1024]; /* where the program was started: what relative paths mean */
};

extern struct options options;

/* words: the variable's value or NULL. Each thing wrong is one line on stderr; the default is kept. */
void options_parse(const char *words);
