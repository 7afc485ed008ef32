/* Names of symbols as their languages spell them. */
#pragma once

/* Readable form of a name of C++ or Rust; NULL if it is none. Caller frees. */
char *demangle(const char *name);
