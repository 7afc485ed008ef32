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

/* An exception out of a handler, through libc's function that sent the signal; and the frames that the unwinder counts in one. */
#include <csignal>
#include <unwind.h>

static int frames;
static _Unwind_Reason_Code counts(struct _Unwind_Context *, void *) {
    frames++;
    return _URC_NO_REASON;
}
static void throws(int number) {
    _Unwind_Backtrace(counts, nullptr);
    throw number;
}

extern "C" __attribute__((visibility("default"))) int throws_out_of_a_handler(int number) {
    int (*volatile sends)(int) = raise; /* which is declared to throw nothing */
    frames = 0;
    struct sigaction action = {};
    action.sa_handler = throws;
    action.sa_flags = SA_NODEFER;
    sigaction(number, &action, nullptr);
    try {
        sends(number);
    } catch (int caught) {
        return caught == number ? frames : -1;
    }
    return -2;
}
