#include "kernel_word.h"

#include <linux/futex.h>

#include "sys.h"
#include "text.h"

struct kernel_word kernel_ask(int task_directory, int tid) {
    struct kernel_word word = {.state = KERNEL_SILENT, .number = -1};
    char path[32], line[256];
    struct text text = TEXT_IN(path);
    if (task_directory < 0)
        return word;
    text_put_number(&text, tid);
    text_put(&text, "/syscall");
    long length = sys_read_file(task_directory, path, line, sizeof line);
    if (length == -ENOENT || length == -ESRCH) {
        /* The file may be missing from a kernel that has no such thing, while the thread is there. */
        path[text.length - 8] = '\0';
        if (sys_call(SYS_faccessat, task_directory, path, F_OK) != 0)
            word.state = KERNEL_GONE;
        return word;
    }
    if (length <= 0)
        return word;
    if (line[0] == 'r') {
        word.state = KERNEL_RUNNING;
        return word;
    }
    const char *at = line;
    uint64_t values[9];
    unsigned count = 0;
    if (line[0] == '-') {
        at += 2; /* "-1 SP PC" */
        word.state = KERNEL_SLEEPS;
    }
    while (count < 9) {
        while (*at == ' ')
            at++;
        if (!text_number(&at, &values[count]))
            break;
        count++;
    }
    if (count == 9) {
        word.state = KERNEL_SLEEPS;
        word.number = (int64_t)values[0];
        for (int i = 0; i < 6; i++)
            word.argument[i] = values[i + 1];
    }
    if (count >= 2) {
        word.sp = values[count - 2];
        word.pc = values[count - 1];
    } else {
        word.state = KERNEL_SILENT;
    }
    return word;
}

/* Where a call's timeout is among its arguments. */
enum timeout_place {
    NEVER,
    ALWAYS,
    IF_POINTER_1,
    IF_POINTER_2,
    IF_POINTER_3,
    IF_POINTER_4,
    IF_MS_2,
    IF_MS_3
};

static const struct {
    int16_t number;
    uint8_t kind;
    char object; /* f: argument 0 is a descriptor, a: an address, else none */
    uint8_t timeout;
    const char *call;
} table[] = {
    {SYS_read, LW_WAIT_UNSETTLED_READ, 'f', NEVER, "read"},
    {SYS_readv, LW_WAIT_UNSETTLED_READ, 'f', NEVER, "readv"},
    {SYS_pread64, LW_WAIT_UNSETTLED_READ, 'f', NEVER, "pread"},
    {SYS_recvfrom, LW_WAIT_SOCKET_READ, 'f', NEVER, "recv"},
    {SYS_recvmsg, LW_WAIT_SOCKET_READ, 'f', NEVER, "recvmsg"},
    {SYS_recvmmsg, LW_WAIT_SOCKET_READ, 'f', IF_POINTER_4, "recvmmsg"},
    {SYS_write, LW_WAIT_UNSETTLED_WRITE, 'f', NEVER, "write"},
    {SYS_writev, LW_WAIT_UNSETTLED_WRITE, 'f', NEVER, "writev"},
    {SYS_pwrite64, LW_WAIT_UNSETTLED_WRITE, 'f', NEVER, "pwrite"},
    {SYS_sendto, LW_WAIT_SOCKET_WRITE, 'f', NEVER, "send"},
    {SYS_sendmsg, LW_WAIT_SOCKET_WRITE, 'f', NEVER, "sendmsg"},
    {SYS_accept, LW_WAIT_ACCEPT, 'f', NEVER, "accept"},
    {SYS_accept4, LW_WAIT_ACCEPT, 'f', NEVER, "accept4"},
    {SYS_connect, LW_WAIT_CONNECT, 'f', NEVER, "connect"},
    {SYS_poll, LW_WAIT_POLL, 0, IF_MS_2, "poll"},
    {SYS_ppoll, LW_WAIT_POLL, 0, IF_POINTER_2, "ppoll"},
    {SYS_select, LW_WAIT_SELECT, 0, IF_POINTER_4, "select"},
    {SYS_pselect6, LW_WAIT_SELECT, 0, IF_POINTER_4, "pselect"},
    {SYS_epoll_wait, LW_WAIT_EPOLL, 'f', IF_MS_3, "epoll_wait"},
    {SYS_epoll_pwait, LW_WAIT_EPOLL, 'f', IF_MS_3, "epoll_pwait"},
    {SYS_epoll_pwait2, LW_WAIT_EPOLL, 'f', IF_POINTER_3, "epoll_pwait2"},
    {SYS_nanosleep, LW_WAIT_SLEEP, 0, ALWAYS, "nanosleep"},
    {SYS_clock_nanosleep, LW_WAIT_SLEEP, 0, ALWAYS, "clock_nanosleep"},
    {SYS_pause, LW_WAIT_PAUSE, 0, NEVER, "pause"},
    {SYS_rt_sigsuspend, LW_WAIT_SIGNAL_WAIT, 0, NEVER, "sigsuspend"},
    {SYS_rt_sigtimedwait, LW_WAIT_SIGNAL_WAIT, 0, IF_POINTER_2, "sigtimedwait"},
    {SYS_wait4, LW_WAIT_CHILD, 0, NEVER, "wait4"},
    {SYS_waitid, LW_WAIT_CHILD, 0, NEVER, "waitid"},
    {SYS_futex, LW_WAIT_FUTEX, 'a', IF_POINTER_3, "futex"},
    {SYS_semop, LW_WAIT_SEMAPHORE, 0, NEVER, "semop"},
    {SYS_semtimedop, LW_WAIT_SEMAPHORE, 0, IF_POINTER_3, "semtimedop"},
    {SYS_flock, LW_WAIT_FILE_LOCK, 'f', NEVER, "flock"},
    {SYS_mq_timedreceive, LW_WAIT_MQ_RECEIVE, 'f', IF_POINTER_4, "mq_timedreceive"},
    {SYS_mq_timedsend, LW_WAIT_MQ_SEND, 'f', IF_POINTER_4, "mq_timedsend"},
    {SYS_msgrcv, LW_WAIT_MQ_RECEIVE, 0, NEVER, "msgrcv"},
    {SYS_msgsnd, LW_WAIT_MQ_SEND, 0, NEVER, "msgsnd"},
};

static bool is_timed(enum timeout_place place, const uint64_t *argument) {
    switch (place) {
    case NEVER:
        return false;
    case ALWAYS:
        return true;
    case IF_POINTER_1:
    case IF_POINTER_2:
    case IF_POINTER_3:
    case IF_POINTER_4:
        return argument[place - IF_POINTER_1 + 1] != 0;
    case IF_MS_2:
    case IF_MS_3:
        return (int)argument[place - IF_MS_2 + 2] >= 0;
    }
    return false;
}

struct kernel_wait kernel_wait_of(const struct kernel_word *word) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].number == word->number)
            return (struct kernel_wait){.kind = table[i].kind,
                                        .has_fd = table[i].object == 'f',
                                        .has_object = table[i].object == 'a',
                                        .timed = is_timed(table[i].timeout, word->argument),
                                        .call = table[i].call};
    return (struct kernel_wait){.kind = LW_WAIT_SYSCALL};
}
