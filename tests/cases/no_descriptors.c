/* No descriptor is left: the program goes on, and the shim tells what it can by itself.
 *
 * CHECK: leakwatch: 1 thread in {{.*}} (pid {{[0-9]+}}); addresses only: cannot create a memfd
 * CHECK: no_descriptors ({{[0-9]+}}) blocked [pause
 * CHECK: no_descriptors+0x
 */
#include <sys/resource.h>

#include "ends.h"

int main(void) {
    leave_a_thread();
    usleep(20000);
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){0, 0});
    return 0;
}
