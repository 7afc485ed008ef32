/* A log follower reads a source that never speaks, after the client that asked for it hung up: once from a pipe, once
 * from a socket.
 *
 * CHECK: leakwatch: 2 leaked threads in {{.*}} at exit; 3 live{{$}}
 * CHECK-DAG: 1 thread [pipe read, {{[0-9.]+}}s] suspect: every write end is in this process; last written {{[0-9.]+}}s ago by {{.*}} ({{[0-9]+}})
 * CHECK-DAG: 1 thread [socket read, {{[0-9.]+}}s] idle
 * CHECK-DAG: #1 follows client_went_away.c
 * CHECK-DAG: #0 handles client_went_away.c
 * JSON: 1 pipe read suspect, 1 socket read idle;
 */
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

struct following {
    int source, client;
};

static void *follows(void *argument) {
    struct following *following = argument;
    char line[80];
    for (;;) {
#ifdef FIXED
        struct pollfd both[] = {{.fd = following->source, .events = POLLIN},
                                {.fd = following->client, .events = POLLIN}};
        if (poll(both, 2, -1) < 0 || both[1].revents)
            break; /* the client has hung up */
#endif
        ssize_t length = read(following->source, line, sizeof line);
        if (length <= 0 || write(following->client, line, (size_t)length) != length)
            break;
    }
    return NULL;
}

static __attribute__((noinline)) void handles(struct following *following) {
    pthread_t thread;
    pthread_create(&thread, NULL, follows, following);
    pthread_detach(thread);
}

int main(void) {
    static struct following from_pipe, from_socket;
    int log[2], events[2], clients[2][2];
    if (pipe(log) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, events) != 0 ||
        socketpair(AF_UNIX, SOCK_STREAM, 0, clients[0]) != 0 ||
        socketpair(AF_UNIX, SOCK_STREAM, 0, clients[1]) != 0)
        return 1;
    from_pipe = (struct following){log[0], clients[0][0]};
    from_socket = (struct following){events[0], clients[1][0]};
    if (write(log[1], "started\n", 8) != 8)
        return 1;
    handles(&from_pipe);
    handles(&from_socket);
    settle();
    close(clients[0][1]);
    close(clients[1][1]);
    settle();
    return 0;
}
