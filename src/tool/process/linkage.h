/* Can the shim get into a program at all? Looked up in its file before it is started: afterwards the loader would end it (musl),
 * complain in its place (32 bits) or not be there (static). */
#pragma once

enum linkage {
    LINKAGE_FINE, /* or nothing that could be read: then the loader has the word */
    LINKAGE_STATIC,
    LINKAGE_MUSL,
    LINKAGE_BITS,    /* 32, where the shim has 64 */
    LINKAGE_MACHINE, /* of another processor: an emulator runs it */
};

/* Of what execvp(3) would run, through the interpreters of scripts. */
enum linkage linkage_of(const char *program);
