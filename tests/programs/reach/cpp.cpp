// Places that C++ has: frames of coroutines, exceptions in flight, what the library keeps.
#include <coroutine>
#include <exception>
#include <functional>
#include <future>
#include <list>
#include <memory>
#include <memory_resource>
#include <stop_token>
#include <thread>

extern "C" {
#include "places.h"
}

static volatile bool give;
static box *volatile given;
static void await_order() {
    while (!give)
        usleep(1000);
}
static box *from_the_thread() {
    give = true;
    while (!given)
        usleep(1000);
    return given;
}

// A coroutine that is suspended; its frame, on the heap, has the only reference.
struct task {
    struct promise_type {
        task get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };
    std::coroutine_handle<promise_type> handle;
};
static task keeps(box *of) {
    co_await std::suspend_always();
    given = of;
}
// One that awaits another, whose frame leads back to it.
struct nested {
    std::coroutine_handle<> inner;
    bool await_ready() { return false; }
    void await_suspend(std::coroutine_handle<>) {}
    void await_resume() { inner.resume(); }
};
static task outer(task inner) {
    co_await nested{inner.handle};
}
static std::coroutine_handle<> suspended;
static void hide_in_a_coroutine(box *of) {
    suspended = keeps(of).handle;
}
static void hide_in_an_inner_coroutine(box *of) {
    suspended = outer(keeps(of)).handle;
}
static void hide_in_a_lost_coroutine(box *of) {
    keeps(of);
}
static box *from_the_coroutine() {
    suspended.resume();
    return given;
}

// An exception that is handled meanwhile; one that somebody has kept; one that is on its way past a destructor.
struct failure {
    box *of;
};
static void handles_it(box *of) {
    try {
        failure thrown{of};
        of = nullptr;
        throw thrown;
    } catch (...) {
        forget();
        await_order();
        try {
            throw;
        } catch (const failure &caught) {
            given = caught.of;
        }
    }
}
static void hide_in_a_handled_exception(box *of) {
    std::thread(handles_it, of).detach();
    usleep(50000);
}
struct waits_in_its_end {
    ~waits_in_its_end() { await_order(); }
};
static void passes_by(box *of) {
    try {
        waits_in_its_end here;
        throw failure{of};
    } catch (const failure &caught) {
        given = caught.of;
    }
}
static void hide_in_a_passing_exception(box *of) {
    std::thread(passes_by, of).detach();
    usleep(50000);
}
static std::exception_ptr kept;
static void hide_in_a_kept_exception(box *of) {
    kept = std::make_exception_ptr(failure{of});
}
static box *from_the_kept_exception() {
    try {
        std::rethrow_exception(kept);
    } catch (const failure &caught) {
        return caught.of;
    }
}

// A function with what it captures, in a list.
static std::list<std::function<box *()>> functions;
static void hide_in_a_function(box *of) {
    long padding[6] = {};
    functions.push_back([of, padding] { return padding[0] ? nullptr : of; });
}
static box *from_the_function() {
    return functions.front()();
}

// Who has the count of a shared pointer's block has the object, while somebody else keeps it alive.
static std::weak_ptr<box *> weak;
static void hide_behind_a_weak_pointer(box *of) {
    auto shared = std::make_shared<box *>(of);
    weak = shared;
    std::thread([shared = std::move(shared)] { pause(); }).detach();
    usleep(50000);
}
static box *from_the_weak_pointer() {
    return *weak.lock();
}

// In the middle of what a pool has got for many.
static std::pmr::unsynchronized_pool_resource pool;
static std::pmr::list<box *> pooled(&pool);
static void hide_in_a_pool(box *of) {
    for (int i = 0; i < 500; i++)
        pooled.push_back(i == 250 ? of : nullptr);
}
static box *from_the_pool() {
    for (box *of : pooled)
        if (of)
            return of;
    return nullptr;
}

// Called when somebody asks to stop.
static std::stop_source stops;
static void hide_in_a_stop(box *of) {
    auto gives = [of] { given = of; };
    new std::stop_callback<decltype(gives)>(stops.get_token(), gives);
}
static box *from_the_stop() {
    stops.request_stop();
    return given;
}

// A thread that waits for an answer: who has the promise has it.
static std::promise<int> *promised;
static void awaits_an_answer(std::future<int> answer) {
    pthread_setname_np(pthread_self(), "taken");
    answer.get();
    if (write(STDOUT_FILENO, "woken\n", 6) != 6)
        exit(3);
}
static std::promise<int> *ask_for_an_answer() {
    auto promise = new std::promise<int>;
    std::thread(awaits_an_answer, promise->get_future()).detach();
    usleep(20000);
    return promise;
}
static void hide_in_a_promise(box *) {
    promised = ask_for_an_answer();
}
static box *from_the_promise() {
    promised->set_value(1);
    return nullptr;
}
static void hide_in_a_lost_promise(box *) {
    ask_for_an_answer();
}

extern const struct place cpp_places[] = {
    {"in_a_coroutine", hide_in_a_coroutine, from_the_coroutine},
    {"in_an_inner_coroutine", hide_in_an_inner_coroutine, from_the_coroutine},
    {"in_a_lost_coroutine", hide_in_a_lost_coroutine, nullptr},
    {"in_a_handled_exception", hide_in_a_handled_exception, from_the_thread},
    {"in_a_passing_exception", hide_in_a_passing_exception, from_the_thread},
    {"in_a_kept_exception", hide_in_a_kept_exception, from_the_kept_exception},
    {"in_a_function", hide_in_a_function, from_the_function},
    {"behind_a_weak_pointer", hide_behind_a_weak_pointer, from_the_weak_pointer},
    {"in_a_pool", hide_in_a_pool, from_the_pool},
    {"in_a_stop", hide_in_a_stop, from_the_stop},
    {"in_a_promise", hide_in_a_promise, from_the_promise},
    {"in_a_lost_promise", hide_in_a_lost_promise, nullptr},
    {nullptr, nullptr, nullptr},
};
