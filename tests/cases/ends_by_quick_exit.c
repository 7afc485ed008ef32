/* quick_exit runs no exit handler; the report is made all the same, and the status is the program's.
 *
 * EXIT: 3
 * CHECK: leakwatch: 1 leaked thread in {{.*}} at exit; 2 live
 * CHECK: [pause
 */
#include "ends.h"

int main(void) {
    leave_a_thread();
    quick_exit(3);
}
