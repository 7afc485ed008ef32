/* A thread reads a pipe whose write end this process keeps and never writes.
 *
 * CHECK: leakwatch: 1 leaked thread in {{.*}}silent_sender (pid {{[0-9]+}}) at exit; 2 live
 * CHECK-EMPTY:
 * CHECK-NEXT: 1 thread  [pipe read, {{[0-9.]+}}s]  suspect: every write end is in this process{{$}}
 * CHECK-NEXT: reader ({{[0-9]+}})
 * CHECK-NEXT: #0 read
 * CHECK-NEXT: #1 wait_for_news silent_sender.c:[[#@LINE+11]]
 * CHECK-NEXT: waiting on fd {{[0-9]+}} pipe:[{{[0-9]+}}]
 * CHECK-NEXT: created by {{.*}} ({{[0-9]+}}) {{[0-9.]+}}s ago
 * CHECK-NEXT: #0 main silent_sender.c:[[#@LINE+18]]
 */
#include <pthread.h>
#include <unistd.h>

static int ends[2];
static void *wait_for_news(void *unused) {
    char byte;
    while (read(ends[0], &byte, 1) > 0)
        ;
    return unused;
}

int main(void) {
    pthread_t reader;
    if (pipe(ends) != 0)
        return 1;

    pthread_create(&reader, NULL, wait_for_news, NULL);
    pthread_setname_np(reader, "reader");
    pthread_detach(reader);
#ifdef FIXED
    close(ends[1]);
#endif
    return 0;
}
