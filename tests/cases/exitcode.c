/* With exitcode, a leak changes a status of 0 and leaves buffered output alone; a status of its own is kept.
 *
 * OPTIONS: exitcode=23
 * EXIT: 23
 * STDOUT: buffered
 * CHECK: leakwatch: 1 leaked thread
 */
#include <stdio.h>

#include "ends.h"

int main(void) {
    leave_a_thread();
    printf("buffered");
    return 0;
}
