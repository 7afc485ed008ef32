/* loads_plugin LIBRARY: calls its play(). */
#include <dlfcn.h>
#include <stdio.h>

int main(int count, char **arguments) {
    void *library = count == 2 ? dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    int (*play)(void) = library ? (int (*)(void))dlsym(library, "play") : NULL;
    if (!play) {
        fprintf(stderr, "%s\n", dlerror());
        return 4;
    }
    return play();
}
