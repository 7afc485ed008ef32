/* Which memory is this process's own: what a futex that was not said to be private may be waited for in. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Can no other process have what lies at address? False where that cannot be known. The mappings are read once a capture:
 * mappings_forget begins another. */
bool mapping_is_private(uintptr_t address);

/* Is what lies at address executable? False where that is not known. */
bool mapping_is_code(uintptr_t address);

/* Do threads sleep on this futex as one of this process's alone, though it was not said to be private? */
bool mapping_has_private_futex(uintptr_t futex);

void mappings_forget(void);
