/* A forked child begins with a clean slate: the parent's threads are not its own, and it tells of its own
 * only.
 *
 * CHECK: leakwatch: 1 leaked thread in {{.*}} at exit; 2 live
 * CHECK: #1 childs
 * CHECK-NOT: parents
 * CHECK: leakwatch: 2 leaked threads in {{.*}} at exit; 3 live
 * CHECK: #1 parents
 */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static __attribute__((unused)) void *parents(void *unused) {
    pause();
    return unused;
}

static __attribute__((unused)) void *childs(void *unused) {
    pause();
    return unused;
}

static void create(void *(*routine)(void *), int count) {
#ifndef FIXED
    for (pthread_t thread; count > 0; count--) {
        pthread_create(&thread, NULL, routine, NULL);
        pthread_detach(thread);
    }
    usleep(20000);
#else
    (void)routine, (void)count;
#endif
}

int main(void) {
    int status;
    create(parents, 2);
    if (fork() == 0) {
        create(childs, 1);
        return 0;
    }
    wait(&status);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
