/* Where the unwind tables of a module are, found in the loader's public list (link.h, _r_debug), for glibc before 2.35: there dl_iterate_phdr(3) waits for a lock
 * that another thread may keep for ever, and _dl_find_object, which takes none, is not there yet. */
#pragma once

#include <stdint.h>

/* The address of .eh_frame_hdr of the module that pc lies in; 0 if it lies in none or that has none. All is read in ways that cannot fault. */
uintptr_t listed_table_of(uintptr_t pc);
