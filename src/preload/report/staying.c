#include "staying.h"

#include <stddef.h>
#include <sys/wait.h>

#include "rt/sys.h"

static struct {
    int pid; /* 0: none */
    char *stack;
} staying[8];
enum { MOST = sizeof staying / sizeof *staying };

void staying_add(int pid, char *stack) {
    for (size_t i = 0; i < MOST; i++)
        if (staying[i].pid == 0) {
            staying[i].pid = pid;
            staying[i].stack = stack;
            return;
        }
}

bool staying_has(int pid) {
    for (size_t i = 0; i < MOST; i++)
        if (staying[i].pid == pid)
            return true;
    return false;
}

char *staying_end(bool has_stack) {
    char *stack = NULL;
    for (size_t i = 0; i < MOST; i++) {
        if (staying[i].pid <= 0 || sys_call(SYS_wait4, staying[i].pid, NULL, __WCLONE | WNOHANG, NULL) == 0)
            continue;
        staying[i].pid = 0;
        if (!has_stack && !stack)
            stack = staying[i].stack;
    }
    return stack;
}
