// Loaded by a program that has no C++ in it: what is static is initialised by one thread while others wait, and an initialiser throws.
#include <cstdio>
#include <stdexcept>
#include <thread>
#include <unistd.h>
#include <vector>

static int tries;

static int value_of_static() {
    static int value = [] {
        usleep(20000);
        if (++tries == 1)
            throw std::runtime_error("first");
        return tries;
    }();
    return value;
}

extern "C" int play() {
    std::vector<std::thread> threads;
    int thrown = 0, sum = 0;
    for (int i = 0; i < 4; i++)
        threads.emplace_back([&] {
            try {
                __atomic_add_fetch(&sum, value_of_static(), __ATOMIC_SEQ_CST);
            } catch (const std::exception &) {
                __atomic_add_fetch(&thrown, 1, __ATOMIC_SEQ_CST);
            }
        });
    for (auto &thread : threads)
        thread.join();
    printf("%d thrown, %d\n", thrown, sum);
    return 0;
}
