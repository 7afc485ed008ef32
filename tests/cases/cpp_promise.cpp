/* A promise that nobody keeps. libstdc++ waits for a future in a futex that it does not say to be private, in memory that is: nobody
 * outside could wake the thread.
 *
 * EXIT: -15
 * CHECK: leakwatch: 2 threads in {{.*}} on SIGTERM; 2 blocked, 1 deadlock
 * CHECK-DAG: 1 thread [futex, {{[0-9.]+}}s] deadlock: the word is {{-?[0-9]+}}, and it waits for it to change from {{-?[0-9]+}}; all threads are asleep
 * CHECK-DAG: asks(std::future<int>)
 * CHECK: deadlock 1: all threads are asleep, and only they could wake each other
 * JSON: 1 futex deadlock, 1 thread join deadlock; all asleep
 */
#include <csignal>
#include <future>
#include <thread>

#include <sys/prctl.h>
#include <unistd.h>

static void __attribute__((noinline)) asks(std::future<int> answer) {
    answer.get();
}

int main() {
    std::promise<int> promise;
    std::thread asker(asks, promise.get_future());
#ifdef FIXED
    promise.set_value(42);
#else
    pid_t parent = getpid();
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        settle_process(parent);
        kill(parent, SIGTERM);
        sleep(100); /* SIGCHLD would wake a thread while the report is made */
        _exit(0);
    }
#endif
    asker.join();
}
