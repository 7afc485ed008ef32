/* Destructors run when a thread is cancelled inside a wrapped wait, or ends by pthread_exit beneath C++ frames; each
 * once.
 *
 * WANTS: a std::condition_variable whose wait can be cancelled (libstdc++ 11)
 * NEGATIVE
 * BOTH
 * STDOUT: cancelled cleaned joined; exit cleaned local joined; catch rethrown joined;
 */
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <pthread.h>
#include <thread>

struct Says {
    const char *words;
    ~Says() { std::printf("%s ", words); }
};

static std::mutex mutex;
static std::condition_variable condition;

static void *cancelled(void *) {
    Says says{"cleaned"};
    std::unique_lock<std::mutex> lock(mutex);
    condition.wait(lock, [] { return false; });
    return nullptr;
}

static void *exits(void *) {
    static thread_local Says local{"local"};
    Says says{"cleaned"};
    (void)local.words;
    pthread_exit(nullptr);
}

/* A forced unwinding passes through catch (...), which must let it go on. */
static void *catches(void *) {
    try {
        std::unique_lock<std::mutex> lock(mutex);
        condition.wait(lock);
    } catch (...) {
        std::printf("rethrown ");
        throw;
    }
    return nullptr;
}

static void play(const char *name, void *(*routine)(void *), bool cancel) {
    pthread_t thread;
    std::printf("%s ", name);
    pthread_create(&thread, nullptr, routine, nullptr);
    if (cancel) {
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        pthread_cancel(thread);
    }
    pthread_join(thread, nullptr);
    std::printf("joined;%s", routine == catches ? "" : " ");
}

int main() {
    play("cancelled", cancelled, true);
    play("exit", exits, false);
    play("catch", catches, true);
}
