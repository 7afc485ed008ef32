/* _exit ends at once; the report is made before it does.
 *
 * EXIT: 3
 * CHECK: leakwatch: 1 leaked thread in {{.*}} at exit; 2 live
 * CHECK: [pause
 */
#include "ends.h"

int main(void) {
    leave_a_thread();
    _exit(3);
}
