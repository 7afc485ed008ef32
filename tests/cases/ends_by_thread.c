/* Another thread than main calls exit: neither main nor the one that exits is called leaked.
 *
 * EXIT: 3
 * CHECK: leakwatch: 1 leaked thread in {{.*}} at exit; 3 live
 * CHECK: [pause
 * CHECK-NOT: {{[0-9]+}} thread
 */
#include "ends.h"

static void *ender(void *unused) {
    (void)unused;
    exit(3);
}

int main(void) {
    pthread_t thread;
    leave_a_thread();
    pthread_create(&thread, NULL, ender, NULL);
    pthread_join(thread, NULL);
    return 0;
}
