/* C++20's semaphores and atomic waits reach futex by syscall(): call, word and caller are told. wait_for goes through
 * pthread_cond_clockwait.
 *
 * WANTS: std::counting_semaphore (libstdc++ 11)
 * OPTIONS: grace=100ms
 * CHECK: leakwatch: 3 leaked threads in {{.*}} at exit; 4 live
 * CHECK-DAG: [futex, {{[0-9.]+}}s]  the word is 0, and it waits for it to change from 0{{$}}
 * CHECK-DAG: #0 syscall
 * CHECK-DAG: std::{{__atomic_semaphore::_M_acquire()|__atomic_wait_address_v}}
 * CHECK-DAG: acquires()
 * CHECK-DAG: waiting on semaphore
 * CHECK-DAG: waits_for_flag()
 * CHECK-DAG: [cond wait, {{[0-9.]+}}s of 3600.0s] idle
 * CHECK-DAG: #0 pthread_cond_clockwait
 * CHECK-DAG: waits_an_hour()
 */
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <semaphore>
#include <thread>

static std::counting_semaphore<1> semaphore(0);
static std::atomic<int> flag(0);
static std::mutex mutex;
/* never destroyed: its destructor would wait for the waiter */
static std::condition_variable &condition = *new std::condition_variable;
static bool ready;

static void acquires() {
    semaphore.acquire();
}
static void waits_for_flag() {
    flag.wait(0);
}
static void waits_an_hour() {
    std::unique_lock<std::mutex> lock(mutex);
    condition.wait_for(lock, std::chrono::hours(1), [] { return ready; });
}

int main() {
    std::thread threads[] = {std::thread(acquires), std::thread(waits_for_flag), std::thread(waits_an_hour)};
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
#ifdef FIXED
    semaphore.release();
    flag = 1;
    flag.notify_one();
    {
        std::lock_guard<std::mutex> lock(mutex);
        ready = true;
    }
    condition.notify_one();
    for (std::thread &thread : threads)
        thread.join();
#else
    for (std::thread &thread : threads)
        thread.detach();
#endif
}
