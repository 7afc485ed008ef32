// A C++ library that calls pthread_exit beneath frames with destructors.
#include <cstdio>
#include <pthread.h>

struct Says {
    const char *words;
    ~Says() {
        std::puts(words);
        std::fflush(stdout);
    }
};

static void inner() {
    Says says{"inner destructor"};
    pthread_exit(nullptr);
}

extern "C" __attribute__((visibility("default"))) void ends_the_thread() {
    Says says{"outer destructor"};
    inner();
}
