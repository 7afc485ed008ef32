/* A program that never makes a thread shows its main thread when it is asked.
 *
 * OPTIONS: signal=USR1
 * BOTH
 * CHECK: leakwatch: 1 thread in {{.*}} on SIGUSR1; 1 running
 * CHECK-NOT: leakwatch:
 */
#include <signal.h>
#include <unistd.h>

int main(void) {
    raise(SIGUSR1);
    return 0;
}
