/* A daemon that closed its standard descriptors: nothing of ours takes their place, and the report goes to the log.
 * A line of the program's own to a closed descriptor fails as it does without us.
 *
 * OPTIONS: log=/proc/self/cwd/closed_streams.report
 * REPORT: closed_streams.report
 * CHECK: leakwatch: 1 leaked thread in {{.*}}closed_streams (pid {{[0-9]+}}) at exit; 2 live
 * CHECK-EMPTY:
 * CHECK-NEXT: 1 thread [pause
 * CHECK: #0 leave_a_thread ends.h:{{[0-9]+}} (inlined)
 * CHECK-NEXT: #1 main closed_streams.c:{{[0-9]+}}
 */
#include <errno.h>

#include "ends.h"

int main(void) {
    leave_a_thread();
    settle();
    for (int fd = 0; fd <= 2; fd++)
        close(fd);
    return write(2, "x", 1) == -1 && errno == EBADF ? 0 : 1;
}
