#include "launch.h"

#include <dlfcn.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "options.h"
#include "process.h"
#include "rt/memory.h"
#include "rt/own_descriptors.h"
#include "rt/sys.h"
#include "rt/text.h"
#include "shared/older_headers.h"
#include "staying.h"

enum { STACK = 16 * 1024, STACKS = 3, CANDIDATES = 3, SNAPSHOT_FD = 3, WAIT_MS = 60 * 1000 };

static char tool_path[CANDIDATES][1100];
static char *launch_stack; /* three: the intermediate's, the helper's, and the frozen image's */

void launch_setup(void) {
    /* Where the tool lies from the library: a build tree, PREFIX/lib, PREFIX/lib/TRIPLET. */
    static const char *const places[CANDIDATES] = {"/leakwatch", "/../bin/leakwatch", "/../../bin/leakwatch"};
    Dl_info info;
    if (!dladdr((void *)launch_setup, &info) || !info.dli_fname)
        return;
    char self[1024];
    text_copy(self, sizeof self, info.dli_fname);
    char *slash = strrchr(self, '/');
    if (slash)
        *slash = '\0';
    else
        text_copy(self, sizeof self, ".");
    for (int i = 0; i < CANDIDATES; i++) {
        struct text path = TEXT_IN(tool_path[i]);
        text_put(&path, self);
        text_put(&path, places[i]);
    }
}

struct helper {
    int snapshot_fd;
    const char *const *arguments;
    bool stays;  /* the intermediate outlives the helper, and reaps it */
    int pid;     /* of the helper, or -errno */
    int error;   /* of its execve */
    int settled; /* both are known; a futex */
    char *stack_top;
    int intermediate;
    char *frozen;            /* words for the tool: where the image is described */
    bool freezes;            /* the helper is made by a frozen image of the program, which outlives it */
    long image;              /* its pid, or -errno */
    int go[FREEZE_ATTEMPTS]; /* what becomes of each image: GO or STOP; futexes */
    char *image_top;         /* of its stack */
};

/* In the intermediate, on a copy of the program's descriptors, before the helper exists: what neither of them
 * is to hold is let go. The other ends of the program's pipes must not stay open through us, nor be counted
 * by the tool as another process's. */
static void keep_descriptors(const struct helper *helper) {
    /* The program may have closed its standard descriptors, and the snapshot be one of them now. */
    bool no_stderr = helper->snapshot_fd == 2 || sys_call(SYS_fcntl, 2, F_GETFD) < 0;
    if (helper->snapshot_fd == SNAPSHOT_FD)
        sys_call(SYS_fcntl, SNAPSHOT_FD, F_SETFD, 0);
    else
        sys_call(SYS_dup3, helper->snapshot_fd, SNAPSHOT_FD, 0);
    long null = sys_call(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR);
    for (int fd = 0; null >= 0 && fd <= 2; fd++)
        if (fd != null && (fd < 2 || no_stderr))
            sys_call(SYS_dup3, null, fd, 0);
    /* Linux 5.9; before it, one by one. */
    if (sys_call(SYS_close_range, SNAPSHOT_FD + 1, ~0u, 0) != 0)
        for (int fd = SNAPSHOT_FD + 1; fd < 4096; fd++)
            sys_call(SYS_close, fd);
}

/* In the helper: on a stack of the shim's, in the program's memory, with descriptors of its own. No return.
 */
static int helper_main(void *argument) {
    struct helper *helper = argument;
    /* The program's handlers must not run here: default dispositions, then signals as a new program has them.
     */
    struct kernel_action action = {0};
    for (int signal = 1; signal <= 64; signal++)
        sys_call(SYS_rt_sigaction, signal, &action, NULL, sizeof action.mask);
    uint64_t none = 0;
    sys_call(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof none);
    sys_call(SYS_setsid); /* a ^C at the terminal or a kill of the group is for the program */
    for (int resource = 0; resource < RLIM_NLIMITS; resource++) {
        struct rlimit limit;
        if (sys_call(SYS_prlimit64, 0, resource, NULL, &limit) == 0 && resource != RLIMIT_CORE) {
            limit.rlim_cur = limit.rlim_max;
            sys_call(SYS_prlimit64, 0, resource, &limit, NULL);
        }
    }
    static char *no_environment[] = {NULL};
    char **environment = process.environment ? process.environment : no_environment;
    long error = -ENOENT;
    for (int i = 0; i < CANDIDATES; i++) {
        long failed = sys_call(SYS_execve, tool_path[i], helper->arguments, environment);
        /* the first place that has a tool says why it could not be run */
        if (error == -ENOENT)
            error = failed;
    }
    helper->error =
        (int)-error; /* not before: a later place may have one that runs, and this memory is the program's */
    sys_call(SYS_exit_group, 127);
    return 0;
}

static void is_settled(struct helper *helper, long pid) {
    helper->pid = (int)pid;
    __atomic_store_n(&helper->settled, 1, __ATOMIC_RELEASE);
    sys_call(SYS_futex, &helper->settled, FUTEX_WAKE, 1);
}

enum { GO = 1, STOP };

/* Which image this is: not in memory that all of them share. */
static unsigned attempt;

static void say_go(struct helper *helper, int go) {
    __atomic_store_n(&helper->go[attempt], go, __ATOMIC_RELEASE);
    sys_call(SYS_futex, &helper->go[attempt], FUTEX_WAKE, 1);
}

static void await_word(const int *word) {
    while (!__atomic_load_n(word, __ATOMIC_ACQUIRE))
        sys_call(SYS_futex, word, FUTEX_WAIT, 0, NULL);
}

/* The frozen image: a copy of the program's memory in which nothing runs but this. The tool reads it through descriptors that
 * are opened here, where it needs no right to (ptrace(2), "Ptrace access mode checking"); they follow the snapshot's. */
static int image_main(void *argument) {
    static const char *const files[] = {"/proc/self/mem", "/proc/self/smaps", "/proc/self/pagemap",
                                        "/proc/self/statm"};
    struct helper *helper = argument;
    sys_call(SYS_setsid);
    await_word(&helper->go[attempt]);
    if (helper->go[attempt] == STOP)
        sys_call(SYS_exit_group, 0);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        sys_call(SYS_openat, AT_FDCWD, files[i], O_RDONLY);
    long pid = clone_on(helper_main, helper, helper->stack_top, CLONE_VM | CLONE_VFORK | SIGCHLD);
    is_settled(helper, pid);
    if (sys_call(SYS_close_range, 0, ~0u, 0) != 0) /* the helper has descriptors of its own */
        for (int fd = 0; fd < SNAPSHOT_FD + 5; fd++)
            sys_call(SYS_close, fd);
    if (pid > 0)
        sys_call(SYS_wait4, pid, NULL, __WALL, NULL);
    sys_call(SYS_exit_group, 0);
    return 0;
}

/* execve sets a child's exit signal back to SIGCHLD, so the helper must not be the program's child: an
 * intermediate with exit signal 0, which only __WCLONE sees, makes it and ends. Where orphans come back to
 * the program (PID 1, a subreaper) the intermediate stays for as long as the helper runs. */
static int intermediate_main(void *argument) {
    struct helper *helper = argument;
    keep_descriptors(helper);
    long child = helper->freezes ? clone_on(image_main, helper, helper->image_top, SIGCHLD) : 0;
    if (helper->freezes)
        __atomic_store_n(&helper->image, child, __ATOMIC_RELEASE);
    if (child <= 0) {
        child = clone_on(helper_main, helper, helper->stack_top, CLONE_VM | CLONE_VFORK | SIGCHLD);
        is_settled(helper, child);
    }
    if (helper->stays && child > 0)
        sys_call(SYS_wait4, child, NULL, __WALL, NULL); /* the program goes on meanwhile */
    sys_call(SYS_exit_group, 0);
    return 0;
}

/* Waits for the end of a process that is not our child, through a pidfd (Linux 5.3; valgrind 3.19 complains of it), or by
 * asking for it; not longer than until it has looked at what was captured, if that is given. Has it ended? */
static bool await(int pid, const struct captured *captured) {
    enum { ANSWER_US = 200, END_US = 5000 };
    own_descriptors_pidfd(pid);
    long fd = process.emulated ? -1 : sys_call(SYS_pidfd_open, pid, 0);
    struct pollfd end = {.fd = (int)fd, .events = POLLIN};
    uint64_t step = captured ? ANSWER_US : fd >= 0 ? WAIT_MS * 1000 : END_US;
    bool ended = false;
    for (uint64_t waited = 0;
         !ended && waited < WAIT_MS * 1000 && !(captured && captured_is_looked_at(captured));
         waited += step) {
        struct timespec span = {.tv_sec = (time_t)(step / 1000000), .tv_nsec = (long)(step % 1000000 * 1000)};
        if (fd < 0)
            sys_call(SYS_nanosleep, &span, NULL);
        ended = fd < 0 ? sys_call(SYS_kill, pid, 0) != 0 : sys_call(SYS_ppoll, &end, 1, &span, NULL, 0) != 0;
    }
    if (fd >= 0)
        sys_call(SYS_close, fd);
    return ended;
}

static char *stack_for_launch(void) {
    char *used = staying_end(launch_stack != NULL);
    if (!launch_stack)
        launch_stack = used ? used : memory_map_stack(STACKS * STACK);
    return launch_stack;
}

bool launch_orphans_come_back(void) {
    int subreaper = 0;
    return process.pid == 1 || (sys_call(SYS_prctl, PR_GET_CHILD_SUBREAPER, &subreaper) == 0 && subreaper);
}

/* Room for what is always said, and twice the suppressions of a caller. */
enum { IGNORED = 32, ARGUMENTS = 20 + 2 * IGNORED };
struct arguments {
    const char *words[ARGUMENTS];
    size_t count;
};

static void add_argument(struct arguments *list, const char *name, const char *value) {
    list->words[list->count++] = name;
    list->words[list->count++] = value;
}

/* Copies what the tool left behind the snapshot. */
static struct tool_answer read_answer(const struct captured *captured) {
    const volatile struct lw_snapshot_header *header = captured->base;
    struct tool_answer answer = {.count = header->answer_leaks, .mapped = header->answer_size};
    size_t leaks = answer.count * sizeof *answer.leaks;
    if (answer.mapped == 0 || leaks > answer.mapped || !(answer.leaks = memory_map(answer.mapped)))
        return (struct tool_answer){0};
    size_t done = 0;
    while (done < answer.mapped) {
        long got = sys_call(SYS_pread64, captured->fd, (char *)answer.leaks + done, answer.mapped - done,
                            header->answer_at + done);
        if (got <= 0)
            break;
        done += (size_t)got;
    }
    answer.report = (const char *)answer.leaks + leaks;
    answer.report_size = done > leaks ? done - leaks : 0;
    return answer;
}

static struct arguments arguments_for(const char *log, const struct report_wishes *wishes) {
    struct arguments list = {.words = {"leakwatch", "render", "--watched"}, .count = 3};
    add_argument(&list, "--format", wishes && wishes->format ? wishes->format : options.format);
    add_argument(&list, "--log", log);
    add_argument(&list, "--options", options.words);
    add_argument(&list, "--directory", options.directory);
    for (size_t i = 0; wishes && wishes->ignore && wishes->ignore[i] && i < IGNORED; i++)
        add_argument(&list, "--suppress", wishes->ignore[i]);
    if (wishes && !wishes->token)
        list.words[list.count++] = wishes->quiet ? "--answer-only" : "--answer";
    return list;
}

static const char *why_not_started(const struct helper *helper) {
    if (helper->pid > 0 && helper->error == 0)
        return NULL;
    return helper->pid <= 0          ? "cannot create a process"
           : helper->error == ENOENT ? "no leakwatch beside the library or in ../bin"
           : helper->error == EACCES ? "leakwatch may not be executed"
                                     : "leakwatch could not be executed";
}

/* Until the image is there, and no longer than that are threads held. */
static void await_image(struct helper *helper) {
    while (!__atomic_load_n(&helper->image, __ATOMIC_ACQUIRE))
        sys_sleep_ns(20000);
}

/* Returns once the intermediate has done its work, or does not go on: NULL, or why. */
static const char *start_intermediate(struct helper *helper) {
    unsigned long flags = CLONE_VM | (helper->stays ? 0 : CLONE_VFORK);
    long intermediate = clone_on(intermediate_main, helper, launch_stack + STACK, flags);
    if (intermediate < 0)
        return "cannot create a process";
    if (!helper->stays)
        sys_call(SYS_wait4, intermediate, NULL, __WCLONE, NULL);
    else if (helper->freezes)
        await_image(helper);
    helper->intermediate = (int)intermediate;
    return NULL;
}

enum { NUMBER_WORDS = 32 };

static void put_number(char words[NUMBER_WORDS], uint64_t number) {
    struct text text = {.at = words, .room = NUMBER_WORDS};
    words[0] = '\0';
    text_put_number(&text, (int64_t)number);
}

/* Where the tool finds what the image is of, or why there is none. */
static void put_frozen(const struct freeze *freeze, char words[NUMBER_WORDS]) {
    put_number(words, freeze->frozen ? (uintptr_t)freeze->frozen : (uintptr_t)freeze->refusal);
}

/* Copies the program until a copy was made while nothing moved; then lets the tool look at it. */
static const char *start_frozen(struct helper *helper, struct freeze *freeze) {
    for (attempt = 0;; attempt++) {
        put_frozen(freeze, helper->frozen);
        freeze_measure(freeze);
        const char *why = start_intermediate(helper);
        freeze_release(freeze, !why && helper->image > 0);
        if (why || helper->image <= 0 || !freeze_again(freeze)) {
            say_go(helper, GO);
            return why;
        }
        say_go(helper, STOP);
        if (helper->stays)
            sys_call(SYS_wait4, helper->intermediate, NULL, __WCLONE, NULL);
        helper->image = 0;
    }
}

/* Returns once the tool runs, or cannot: NULL, or why. */
static const char *start(struct helper *helper, struct freeze *freeze) {
    const char *why = helper->freezes ? start_frozen(helper, freeze) : start_intermediate(helper);
    if (why)
        return why;
    await_word(&helper->settled);
    if (helper->stays) {
        staying_add(helper->intermediate, launch_stack);
        launch_stack = NULL; /* in use until that one ends */
    }
    return why_not_started(helper);
}

/* The tool leaves its verdict in the snapshot itself (tool/cmd/render.c). One that ends without is killed for want of something (a
 * stack: RLIMIT_STACK), or has no libraries. */
static void await_verdict(struct launched *result, const struct captured *captured, int pid,
                          bool to_its_end) {
    const volatile uint32_t *answer = &((const volatile struct lw_snapshot_header *)captured->base)->answer;
    bool ended = await(pid, to_its_end ? NULL : captured);
    result->leaked = *answer == LW_ANSWER_LEAKS ? 1 : *answer == LW_ANSWER_CLEAN ? 0 : -1;
    if (!ended || (to_its_end ? result->leaked >= 0 : captured_is_looked_at(captured)))
        return;
    result->started = false;
    result->why = "leakwatch ended before its report was whole";
}

/* Outlives a launch where the intermediate stays. The frozen image, a fork, shares it with the program: so would any other. */
static struct helper *helper;

void launch_forked(void) {
    if (helper)
        memory_unmap(helper, sizeof *helper);
    helper = NULL;
}

struct launched launch_tool(const struct captured *captured, const char *log,
                            const struct report_wishes *wishes, enum launch_wait wait,
                            struct freeze *freeze) {
    struct launched result = {.leaked = -1};
    struct arguments list = arguments_for(log, wishes);
    char frozen[NUMBER_WORDS], token[NUMBER_WORDS];
    if (freeze) {
        put_frozen(freeze, frozen);
        add_argument(&list, "--frozen", frozen);
    }
    if (wishes && wishes->token) {
        put_number(token, wishes->token);
        add_argument(&list, "--request", token);
    }
    list.words[list.count] = "/proc/self/fd/3";
    if (captured->fd < 0)
        result.why = "cannot create a memfd";
    else if (process_makes_first())
        result.why = "a PID namespace awaits its first process, which is the program's to make";
    else if (!stack_for_launch() || (!helper && !(helper = memory_map_shared(sizeof *helper))))
        result.why = "no memory";
    if (result.why)
        return result;
    *helper = (struct helper){.snapshot_fd = captured->fd,
                              .arguments = list.words,
                              .stays = wait == LAUNCH_GOES_ON && launch_orphans_come_back(),
                              .stack_top = launch_stack + 2 * STACK,
                              .freezes = freeze && freeze->frozen,
                              .frozen = frozen,
                              .image_top = launch_stack + 3 * STACK};
    result.why = start(helper, freeze);
    if (freeze) {
        freeze_release(freeze, false);
        freeze_end(freeze);
    }
    result.started = !result.why;
    if (result.started && wait != LAUNCH_GOES_ON)
        await_verdict(&result, captured, helper->pid, wait == LAUNCH_WAITS);
    if (wait == LAUNCH_WAITS && wishes && result.leaked >= 0)
        result.answer = read_answer(captured);
    return result;
}
