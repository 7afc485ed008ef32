/* exec starts afresh: the image that was left tells nothing, the new one tells of its own threads.
 *
 * CHECK: leakwatch: 1 leaked thread in {{.*}} at exit; 2 live
 * CHECK: [pause
 * CHECK-NOT: leakwatch:
 */
#include "ends.h"

int main(int count, char **arguments) {
    leave_a_thread();
    if (count == 1)
        execl("/proc/self/exe", arguments[0], "again", (char *)NULL);
    return 0;
}
