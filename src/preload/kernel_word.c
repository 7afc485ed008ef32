#include "kernel_word.h"

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
