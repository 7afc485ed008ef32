/* Ten sends and one receive, capacity 2: in a queue, and in a pipe that holds one message.
 *
 * CHECK: leakwatch: 8 leaked threads in {{.*}} at exit; 9 live{{$}}
 * CHECK: 7 threads [cond wait, {{[0-9.]+}}s] suspect: {{last signalled|signalled [0-9]+ times while nobody waited, last}} {{[0-9.]+}}s ago by {{.*}}
 * CHECK: #1 queue_send queue.h
 * CHECK-NEXT: #2 sends full_buffer.c
 * CHECK: 1 thread [pipe write, {{[0-9.]+}}s] suspect: every read end is in this process{{$}}
 * CHECK: #1 writes full_buffer.c
 * CHECK: waiting on fd {{[0-9]+}} pipe:[
 * JSON: 7 cond wait suspect, 1 pipe write suspect;
 */
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "queue.h"

#ifdef FIXED
enum { CAPACITY = 11, PIPE = 64 * 1024 };
#else
enum { CAPACITY = 2, PIPE = 4096 };
#endif

static struct queue *queue;
static int ends[2];

static void *sends(void *number) {
    queue_send(queue, (int)(intptr_t)number);
    return NULL;
}

static void *writes(void *unused) {
    char message[4096] = {0};
    for (int i = 0; i < 10; i++)
        if (write(ends[1], message, sizeof message) != sizeof message)
            return unused;
    return NULL;
}

int main(void) {
    pthread_t thread;
    int value;
    char message[4096];
    queue = queue_new(CAPACITY);
    if (pipe(ends) != 0 || fcntl(ends[1], F_SETPIPE_SZ, PIPE) < 0)
        return 1;
    for (intptr_t i = 0; i < 10; i++) {
        pthread_create(&thread, NULL, sends, (void *)i);
        pthread_detach(thread);
    }
    pthread_create(&thread, NULL, writes, NULL);
    pthread_detach(thread);
    queue_receive(queue, &value);
    if (read(ends[0], message, sizeof message) < 0)
        return 1;
    settle();
    return 0;
}
