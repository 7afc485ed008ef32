// statics SCENARIO: threads meet at what is static in functions and is initialised when first come by, say "ready", and stay there.
#include <pthread.h>
#include <semaphore.h>
#include <stdexcept>
#include <string>

extern "C" {
#include "scenarios.h"
#include "settle.h"
}

namespace {

pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;

int locks_a() {
    settle();
    pthread_mutex_lock(&a);
    return 1;
}

int of_locked() {
    static int value = locks_a();
    return value;
}

int of_other(int depth);
int of_one(int depth) {
    static int value = (settle(), of_other(depth));
    return value;
}
int of_other(int depth) {
    static int value = (settle(), of_one(depth));
    return value;
}

int of_itself(int depth) {
    static int value = depth > 0 ? of_itself(depth - 1) : 0;
    return value;
}

int sleeps() {
    stay();
    return 1;
}
int of_sleeper() {
    static int value = sleeps();
    return value;
}

bool throws_next = true;
sem_t has_failed, another_does, another_stays;
int throws_once() {
    settle();
    if (throws_next) {
        throws_next = false;
        throw std::runtime_error("once");
    }
    sem_post(&another_stays);
    stay();
    return 1;
}
int of_thrower() {
    static int value = throws_once();
    return value;
}

void *initialises(void *) {
    return (void *)(long)of_locked();
}
void *locks_then_wants(void *) {
    pthread_mutex_lock(&a);
    settle();
    return (void *)(long)of_locked();
}
void *begins_one(void *) {
    return (void *)(long)of_one(1);
}
void *begins_other(void *) {
    return (void *)(long)of_other(1);
}
void *begins_itself(void *) {
    return (void *)(long)of_itself(1);
}
void *wants_sleeper(void *) {
    return (void *)(long)of_sleeper();
}
// Has a, and what it could not initialise another does.
void *fails_to(void *) {
    pthread_mutex_lock(&a);
    try {
        of_thrower();
    } catch (const std::exception &) {
    }
    sem_post(&has_failed);
    sem_wait(&another_does);
    of_thrower();
    return nullptr;
}
void *wants_a(void *) {
    pthread_mutex_lock(&a);
    return nullptr;
}
// All goes well, in many threads at once.
struct counted {
    std::string words;
    counted() : words(1000, 'x') { usleep(1000); }
};
size_t use_counted() {
    static counted value;
    return value.words.size();
}
void *uses(void *) {
    for (int i = 0; i < 100; i++)
        if (use_counted() != 1000)
            exit(3);
    return nullptr;
}

void rest() {
    settle_all();
    say_ready();
    stay();
}

void mutex_cycle() {
    start("one", initialises, nullptr);
    start("two", locks_then_wants, nullptr);
    rest();
}
void two_statics() {
    start("one", begins_one, nullptr);
    start("two", begins_other, nullptr);
    rest();
}
void its_own() {
    start("one", begins_itself, nullptr);
    rest();
}
void behind_its_own() {
    start("one", begins_itself, nullptr);
    settle();
    start("two", begins_itself, nullptr);
    rest();
}
void initialiser_sleeps() {
    start("one", wants_sleeper, nullptr);
    settle();
    start("two", wants_sleeper, nullptr);
    rest();
}
// One has failed, and waits for two, which sleeps; three waits for one.
void initialiser_has_thrown() {
    for (sem_t *sem : {&has_failed, &another_does, &another_stays})
        sem_init(sem, 0, 0);
    start("one", fails_to, nullptr);
    sem_wait(&has_failed);
    start(
        "two",
        [](void *) -> void * {
            of_thrower();
            return nullptr;
        },
        nullptr);
    start("three", wants_a, nullptr);
    sem_wait(&another_stays);
    sem_post(&another_does);
    rest();
}
void all_goes_well() {
    pthread_t threads[8];
    for (auto &thread : threads)
        thread = start("one", uses, nullptr);
    for (auto thread : threads)
        pthread_join(thread, nullptr);
    rest();
}

} // namespace

int main(int count, char **arguments) {
    static const scenario scenarios[] = {
        {"mutex_cycle", mutex_cycle},
        {"two_statics", two_statics},
        {"its_own", its_own},
        {"behind_its_own", behind_its_own},
        {"initialiser_sleeps", initialiser_sleeps},
        {"initialiser_has_thrown", initialiser_has_thrown},
        {"all_goes_well", all_goes_well},
        {nullptr, nullptr},
    };
    const scenario *const list = scenarios;
    return play_one(&list, 1, count, arguments);
}
