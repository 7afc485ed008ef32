"""What broke other shims, a test each: first the numbered table, then the list of programs. Where a case or a scenario acts it out
already, that one is run here under the pitfall's name."""
import os, re, subprocess, tempfile

import programs_tests
import unchanged_tests
import waits_tests
from run import BUILD, HERE, LIBRARY, expect, run_case, watched

README = open(os.path.join(HERE, "../README.md")).read()


def case(name):
    for suffix in (".c", ".cpp"):
        source = os.path.join(HERE, "cases", name + suffix)
        if os.path.exists(source):
            run_case(source)


def readelf(*options):
    return subprocess.run(["readelf", "-W", *options, LIBRARY], stdout=subprocess.PIPE, text=True, check=True).stdout


def is_a_limit(words):
    limits = README.split("## Limits")[1]
    expect(words in limits, "not among the README's limits: " + words)


def test_01_dlsym_allocates():
    programs_tests.beside("libjemalloc.so.2")


def test_02_condition_variables_have_two_abis():
    case("old_conditions")


def test_03_clockwait_and_fortified_names():
    case("cpp_atomics")  # std::condition_variable::wait_for
    waits_tests.test_every_wrapper_has_a_row()


def test_04_c11_threads_use_no_pthread_symbol():
    case("c11_threads")


def test_05_futex_by_syscall():
    case("cpp_atomics")


def test_06_calls_inside_libc():
    case("inside_libc")


def test_07_constructor_order():
    case("library_threads")


def test_08_ends_of_a_process():
    for name in ("ends_by__exit", "ends_by_quick_exit", "ends_by_thread", "on_sigterm", "executed_child"):
        case(name)
    is_a_limit("syscall(SYS_exit_group)")


def test_09_exit_code():
    case("exitcode")
    unchanged_tests.compare("exit_codes")


def test_10_fork():
    case("forked_child")
    unchanged_tests.compare("fork_in_a_threaded_program")


def test_11_vfork_and_posix_spawn():
    case("vforked_child")
    unchanged_tests.compare("vfork_and_exec")
    unchanged_tests.compare("spawn_system_popen")


def test_12_exec_inherits_the_preload():
    case("executed_child")


def test_13_cancellation_through_wrapper_frames():
    case("cpp_cancelled")
    waits_tests.test_cancelled()


def test_14_siglongjmp_out_of_a_wait():
    case("jumped_out")
    unchanged_tests.compare("a_handler_jumps_out_of_waits")


def test_15_nested_waits():
    case("nested_waits")
    unchanged_tests.compare("a_handler_waits_inside_a_wait")


def test_16_tail_calls_lose_the_frame():
    waits_tests.test_blocked()  # the caller of each wrapper is its first frame


def test_17_tls_model():
    expect("STATIC_TLS" in readelf("-d"), "the shim's TLS is not initial-exec")
    (size,) = re.findall(r"^  TLS +\S+ \S+ \S+ \S+ (0x[0-9a-f]+)", readelf("-l"), re.M)
    expect(int(size, 16) <= 64, "static TLS is scarce, and %s are taken" % size)


def test_18_deepbind_dlmopen_static():
    for name in ("a_library_bound_deeply", "a_library_in_a_namespace_of_its_own", "a_library_with_a_thread"):
        unchanged_tests.compare(name)
    is_a_limit("RTLD_DEEPBIND or dlmopen")
    is_a_limit("static programs")


def test_19_setuid():
    unchanged_tests.compare("setuid_and_dumpable")
    is_a_limit("setuid")


def test_20_sanitizers():
    programs_tests.test_address_sanitizer()
    programs_tests.test_thread_sanitizer()
    is_a_limit("-fsanitize=address")


def test_21_no_helper_thread():
    unchanged_tests.compare("no_thread_and_no_descriptor_is_added")


def test_22_no_stdio_and_no_malloc_in_the_report():
    case("locked_streams")
    case("closed_streams")


def test_23_errno_reused_handles_names():
    unchanged_tests.compare("errno_is_kept")
    unchanged_tests.compare("names")
    case("detached_at_once")
    case("strange_names")


def test_24_joinable_and_detached():
    case("unjoined")
    unchanged_tests.compare("joining_and_detaching")


def test_25_lazy_binding_inside_a_handler():
    flags = readelf("-d")
    for flag in ("NOW", "NODELETE", "INITFIRST"):
        expect(flag in flags, flag + " is missing")
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", flags)
    # libgcc_s: _Unwind_Resume, for a thread that is cancelled inside a wrapper
    expect(set(needed) <= {"libc.so.6", "ld-linux-x86-64.so.2", "libgcc_s.so.1"}, "it needs %r" % needed)


def test_26_no_memory_for_records():
    unchanged_tests.compare("little_address_space")
    case("thousand_threads")
    (strings,) = [subprocess.run(["nm", "-D", "--undefined-only", LIBRARY], stdout=subprocess.PIPE, text=True, check=True).stdout]
    used = {line.split()[-1].split("@")[0] for line in strings.splitlines()}
    expect(not used & {"malloc", "calloc", "realloc", "free", "printf", "fprintf", "snprintf"}, "it calls %r" % (used,))


def test_27_musl():
    is_a_limit("x86-64 and glibc")


# The list of programs.

def test_c_program_with_a_cpp_library_that_calls_pthread_exit():
    case("cpp_cancelled")
    unchanged_tests.compare("a_cpp_library_that_ends_the_thread")


def test_counting_semaphore_and_wait_for():
    case("cpp_atomics")


def test_fgets_on_popen():
    unchanged_tests.compare("spawn_system_popen")
    case("inside_libc")


def test_sigev_thread_timer():
    case("timer_thread")


def test_thread_stopped_in_a_library_destructor():
    case("library_threads")


def test_exit_from_a_side_thread_and_from_two():
    case("ends_by_thread")
    unchanged_tests.compare("two_threads_call_exit")


def test_main_leaves_by_pthread_exit():
    unchanged_tests.compare("main_leaves_first")
    case("ways_to_end")


def test_fork_with_blocked_threads_child_is_silent():
    case("forked_child")


def test_cancel_in_cond_wait_with_a_destructor():
    case("cpp_cancelled")


def test_siglongjmp_out_of_read():
    unchanged_tests.compare("a_handler_jumps_out_of_waits")


def test_program_with_its_own_usr1_handler():
    case("own_handler")
    unchanged_tests.compare("handlers_are_queried_and_restored")


def test_no_eintr_during_a_hundred_snapshots():
    with tempfile.TemporaryDirectory() as directory:
        result = watched([os.path.join(BUILD, "tests", "interruptions")], "signal=USR1:log=%s/log" % directory, timeout=120)
    expect(result.returncode == 0 and result.stderr == "", "%r" % result)


def test_jemalloc_beside():
    programs_tests.beside("libjemalloc.so.2")


def test_tcmalloc_beside():
    programs_tests.beside("libtcmalloc_minimal.so.4")


def test_asan_and_tsan_of_gcc_and_clang():
    programs_tests.test_address_sanitizer()
    programs_tests.test_thread_sanitizer()
    programs_tests.test_sanitizers_of_clang()


def test_exec_vfork_and__exit():
    unchanged_tests.compare("exec_from_a_thread")
    unchanged_tests.compare("vfork_and_exec")


def test_thousand_threads():
    case("thousand_threads")


def test_detached_at_once():
    case("detached_at_once")


def test_closed_stderr():
    case("closed_streams")


def test_strict_seccomp_filter():
    unchanged_tests.compare("a_strict_filter")
    case("filtered")


def test_proc_is_not_mounted():
    unchanged_tests.compare("proc_is_not_mounted")
