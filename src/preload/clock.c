#include "clock.h"

#include <dlfcn.h>

#include "sys.h"

static int ask_kernel(clockid_t clock, struct timespec *now) {
    return (int)sys_call(SYS_clock_gettime, clock, now);
}

int (*clock_read)(clockid_t clock, struct timespec *now) = ask_kernel;

void clock_setup(void) {
    /* vdso(7): the name of the object and the version of its symbols on x86-64 */
    void *vdso = dlopen("linux-vdso.so.1", RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
    void *function = vdso ? dlvsym(vdso, "__vdso_clock_gettime", "LINUX_2.6") : NULL;
    if (function)
        clock_read = (int (*)(clockid_t, struct timespec *))function;
    else
        dlerror();
}
