/* The loader: when code goes away, what was learnt about it must. */
#include "../unwind.h"
#include "wrap.h"

CALL_ROW(int, dlclose, "dlclose", (void *), (.kind = LW_WAIT_NONE))
EXPORTED int dlclose(void *handle) {
    int result = REAL(dlclose)(handle);
    unwind_forget();
    return result;
}
