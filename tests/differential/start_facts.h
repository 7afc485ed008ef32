/* What start.c tells of a moment at the beginning of a program. A new fact is one row. */
#pragma once

#if defined(__x86_64__)
#define PROCESSOR_FACTS(X)                             \
    X(fpu_control, "%x", READ(unsigned short, fnstcw)) \
    X(fpu_status, "%x", READ(unsigned short, fnstsw))  \
    X(mxcsr, "%x", READ(unsigned, stmxcsr))
#define READ(type, instruction)                             \
    ({                                                      \
        type value;                                         \
        __asm__ volatile(#instruction " %0" : "=m"(value)); \
        value;                                              \
    })
#else
#define PROCESSOR_FACTS(X)
#endif

/* X(name, format, expression) */
#define FACTS(X)                                                                           \
    PROCESSOR_FACTS(X)                                                                     \
    X(rounding, "%d", fegetround())                                                        \
    X(exceptions_raised, "%d", fetestexcept(FE_ALL_EXCEPT))                                \
    X(exceptions_enabled, "%d", fegetexcept())                                             \
    X(dlerror, "%s", SAID(dlerror()))                                                      \
    X(blocked_signals, "%s", signals_of(blocked()))                                        \
    X(pending_signals, "%s", signals_of(pending()))                                        \
    X(dispositions, "%s", dispositions())                                                  \
    X(alternate_stack, "%s", alternate_stack())                                            \
    X(alarm_left, "%u", alarm(0))                                                          \
    X(timers, "%s", interval_timers())                                                     \
    X(posix_timers, "%s", contents("/proc/self/timers"))                                   \
    X(environment, "%s", environment())                                                    \
    X(environ_is_envp, "%d", environ == first_environ)                                     \
    X(getenv_of_home, "%s", SAID(getenv("HOME")))                                          \
    X(auxiliary_vector, "%s", auxiliary_vector())                                          \
    X(program_names, "%s", joined(program_invocation_name, program_invocation_short_name)) \
    X(command_name, "%s", contents("/proc/self/comm"))                                     \
    X(command_line, "%s", contents("/proc/self/cmdline"))                                  \
    X(heap_taken, "%td", (char *)sbrk(0) - (char *)status_number("/proc/self/stat", 47))   \
    X(malloc_in_use, "%zu", (size_t)mallinfo2().uordblks)                                  \
    X(malloc_arena, "%zu", (size_t)mallinfo2().arena)                                      \
    X(malloc_maps, "%zu", (size_t)mallinfo2().hblks)                                       \
    X(descriptors, "%s", descriptors())                                                    \
    X(next_descriptor, "%d", next_descriptor())                                            \
    X(position_of_stdin, "%ld", (long)lseek(0, 0, SEEK_CUR))                               \
    X(buffer_of_stdout, "%zu", __fbufsize(stdout))                                         \
    X(limits, "%s", limits())                                                              \
    X(locale, "%s", setlocale(LC_ALL, NULL))                                               \
    X(time_zone, "%s", joined(tzname[0], tzname[1]))                                       \
    X(umask, "%o", keep_umask())                                                           \
    X(directory, "%s", link_of("/proc/self/cwd"))                                          \
    X(executable, "%s", link_of("/proc/self/exe"))                                         \
    X(personality, "%x", personality(0xffffffff))                                          \
    X(dumpable, "%d", prctl(PR_GET_DUMPABLE))                                              \
    X(keeps_capabilities, "%d", prctl(PR_GET_KEEPCAPS))                                    \
    X(no_new_privileges, "%d", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0))                     \
    X(timer_slack, "%d", prctl(PR_GET_TIMERSLACK))                                         \
    X(subreaper, "%d", prctl_into(PR_GET_CHILD_SUBREAPER))                                 \
    X(parents_death_signal, "%d", prctl_into(PR_GET_PDEATHSIG))                            \
    X(tsc, "%d", prctl_into(PR_GET_TSC))                                                   \
    X(seccomp, "%d", prctl(PR_GET_SECCOMP))                                                \
    X(huge_pages_disabled, "%d", prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0))                    \
    X(policy, "%d", sched_getscheduler(0))                                                 \
    X(priority, "%d", getpriority(PRIO_PROCESS, 0))                                        \
    X(io_priority, "%ld", syscall(SYS_ioprio_get, 1, 0))                                   \
    X(processors, "%d", processors())                                                      \
    X(modules, "%s", modules())                                                            \
    X(threads, "%d", entries("/proc/self/task"))                                           \
    X(single_threaded, "%d", __libc_single_threaded)                                       \
    X(children, "%s", contents("/proc/thread-self/children"))                              \
    X(groups, "%d", getpgrp() == getpgid(getppid()))                                       \
    X(capabilities, "%s", status_line("CapEff:"))                                          \
    X(locked_memory, "%s", status_line("VmLck:"))                                          \
    X(cancel_state, "%d", cancel_state())                                                  \
    X(cancel_type, "%d", cancel_type())                                                    \
    X(thread_stack_default, "%zu", default_stack())                                        \
    X(concurrency, "%d", pthread_getconcurrency())                                         \
    X(random_number, "%d", rand())                                                         \
    X(random_fraction, "%ld", lrand48())                                                   \
    X(options_index, "%d", optind)                                                         \
    X(first_key, "%u", first_key())                                                        \
    X(first_timer, "%ld", first_timer())                                                   \
    X(real_time_signals, "%d", SIGRTMIN * 100 + SIGRTMAX)

/* Once, when main is over: what takes all that there is. */
#define LAST_FACTS(X)         \
    X(keys, "%d", all_keys()) \
    X(descriptors_to_be_had, "%d", all_descriptors())
