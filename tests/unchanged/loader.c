/* Libraries that come and go, with threads of their own. They are made by the test, beside the program. */
#include <dlfcn.h>
#include <libgen.h>

#include "scenario.h"

static void *open_library(const char *name, int flags) {
    char path[4096], file[4200];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    path[length < 0 ? 0 : length] = '\0';
    snprintf(file, sizeof file, "%s/%s", dirname(path), name);
    void *handle = dlopen(file, flags);
    if (!handle)
        SAY("%s", "it cannot be opened");
    return handle;
}

static int ask(void *handle) {
    int (*answer)(void) = (int (*)(void))dlsym(handle, "answer");
    return answer ? answer() : -1;
}

SCENARIO(a_library_with_a_thread) {
    for (int i = 0; i < 5; i++) {
        void *handle = open_library("libwith_thread.so", RTLD_NOW);
        SAY("its thread answers %d", ask(handle));
        TELL(dlclose(handle));
    }
}

SCENARIO(a_library_bound_deeply) {
    void *handle = open_library("libwith_thread.so", RTLD_NOW | RTLD_DEEPBIND);
    SAY("its thread answers %d", ask(handle));
    TELL(dlclose(handle));
}

SCENARIO(a_library_in_a_namespace_of_its_own) {
    char path[4096], file[4200];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    path[length < 0 ? 0 : length] = '\0';
    snprintf(file, sizeof file, "%s/libwith_thread.so", dirname(path));
    void *handle = dlmopen(LM_ID_NEWLM, file, RTLD_NOW);
    SAY("opened: %d", handle != NULL);
    if (handle)
        SAY("its thread answers %d", ask(handle));
}

static void *ends_in_library(void *ends) {
    ((void (*)(void))ends)();
    SAY("never");
    return NULL;
}
/* This program is C, and has libgcc_s only through the library. */
SCENARIO(a_cpp_library_that_ends_the_thread) {
    void *handle = open_library("libcpp_ends.so", RTLD_NOW);
    void *ends = dlsym(handle, "ends_the_thread");
    void *result = ends;
    TELL(pthread_join(begin_thread(ends_in_library, ends), &result));
    SAY("%s", result == NULL ? "ended" : "not ended");
}

SCENARIO(a_cpp_handler_that_throws) {
    void *handle = open_library("libcpp_ends.so", RTLD_NOW);
    int (*throws)(int) = (int (*)(int))dlsym(handle, "throws_out_of_a_handler");
    static const int signals[] = {SIGUSR1, SIGTERM, SIGINT, SIGALRM, SIGUSR2};
    for (int i = 0; i < 10; i++)
        SAY("caught with %d frames", throws(signals[i % 5]));
}

SCENARIO(symbols_are_found) {
    SAY("pthread_create: %d", dlsym(RTLD_DEFAULT, "pthread_create") != NULL);
    int (*lock)(pthread_mutex_t *) = (int (*)(pthread_mutex_t *))dlsym(RTLD_DEFAULT, "pthread_mutex_lock");
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    TELL(lock(&mutex));
    TELL(pthread_mutex_trylock(&mutex));
    SAY("nothing such: %d", dlsym(RTLD_DEFAULT, "no_such_function") == NULL);
    SAY("%s", dlerror() ? "an error is kept" : "no error");
    SAY("%s", dlerror() ? "an error is kept" : "no error");
}
