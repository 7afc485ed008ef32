/* std::thread, std::condition_variable, exceptions across threads and out of a cancelled wait.
 *
 * WANTS: a std::condition_variable whose wait can be cancelled (libstdc++ 11)
 * CHECK: leakwatch: 1 leaked thread in {{.*}} at exit; 2 live
 * CHECK: 1 thread  [cond wait, {{[0-9.]+}}s]  suspect: this condition was never signalled
 * CHECK: #0 pthread_cond_wait
 * CHECK: Mailbox::take() cpp_threads.cpp:{{[0-9]+}}
 * CHECK: created by
 * CHECK: main cpp_threads.cpp:{{[0-9]+}}
 */
#include <pthread.h>

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <thread>

struct Mailbox {
    std::mutex mutex;
    std::condition_variable arrived;
    bool full = false;
    __attribute__((noinline)) void take() {
        std::unique_lock<std::mutex> lock(mutex);
        arrived.wait(lock, [this] { return full; });
    }
};

static int destroyed;
struct Witness {
    ~Witness() { destroyed++; }
};

static Mailbox &never = *new Mailbox;

static void *cancelled(void *) {
    Witness witness; /* its destructor must run when the wait is cancelled */
    never.take();
    return nullptr;
}

int main() {
    std::exception_ptr caught;
    std::thread thrower([&] {
        try {
            Mailbox box;
            std::unique_lock<std::mutex> lock(box.mutex);
            if (box.arrived.wait_for(lock, std::chrono::milliseconds(20)) == std::cv_status::timeout)
                throw std::runtime_error("nothing came");
        } catch (...) {
            caught = std::current_exception();
        }
    });
    thrower.join();
    try {
        std::rethrow_exception(caught);
    } catch (const std::runtime_error &) {
        destroyed += 10;
    }

    pthread_t victim;
    pthread_create(&victim, nullptr, cancelled, nullptr);
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    pthread_cancel(victim);
    void *value;
    pthread_join(victim, &value);
    if (value != PTHREAD_CANCELED || destroyed != 11)
        return 1;

    Mailbox &box = *new Mailbox; /* never destroyed: destroying a condition waits for its waiters */
    std::thread taker([&box] { box.take(); });
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
#ifdef FIXED
    {
        std::lock_guard<std::mutex> lock(box.mutex);
        box.full = true;
    }
    box.arrived.notify_one();
    taker.join();
#else
    taker.detach();
#endif
    return 0;
}
