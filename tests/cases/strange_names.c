/* A thread's name may be any bytes: nothing of the report is lost, and a terminal is told nothing by it.
 *
 * CHECK: leakwatch: 1 leaked thread
 * CHECK: a?b?[31m{{.*}} ({{[0-9]+}})
 * CHECK-NEXT: #0 pause
 */
#include <sys/prctl.h>

#include "ends.h"

int main(void) {
    prctl(PR_SET_NAME, "a\nb\033[31m\xff");
    leave_a_thread();
    settle();
    return 0;
}
