/* A library whose constructor does what the program that opens it wants done. */
#include <dlfcn.h>
#include <stddef.h>

__attribute__((constructor)) static void construct(void) {
    void (**when_opened)(void) = dlsym(RTLD_DEFAULT, "when_opened");
    if (when_opened && *when_opened)
        (*when_opened)();
}
