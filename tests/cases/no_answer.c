/* connect and recv, from a server that accepts and never answers.
 *
 * CHECK: leakwatch: 1 leaked thread in {{.*}} at exit; 2 live{{$}}
 * CHECK: 1 thread [socket read, {{[0-9.]+}}s] idle: no data for {{[0-9.]+}}s; keepalive is off: a peer that vanishes is not noticed{{$}}
 * CHECK: #0 recv
 * CHECK: #1 asks no_answer.c
 * CHECK: waiting on fd {{[0-9]+}} socket:[{{[0-9]+}}] 127.0.0.1:{{[0-9]+}} -> 127.0.0.1:{{[0-9]+}}
 * JSON: 1 socket read idle;
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static struct sockaddr_in address = {.sin_family = AF_INET};

static void *asks(void *unused) {
    char answer[80];
    int fd = socket(AF_INET, SOCK_STREAM, 0);
#ifdef FIXED
    struct timeval patience = {.tv_usec = 50000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
#endif
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0 || send(fd, "hello\n", 6, 0) != 6)
        return NULL;
    recv(fd, answer, sizeof answer, 0);
    close(fd);
    return unused;
}

int main(void) {
    pthread_t thread;
    socklen_t length = sizeof address;
    int server = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(server, (struct sockaddr *)&address, sizeof address) != 0 || listen(server, 5) != 0 ||
        getsockname(server, (struct sockaddr *)&address, &length) != 0)
        return 1;
    pthread_create(&thread, NULL, asks, NULL);
    int client = accept(server, NULL, NULL);
#ifdef FIXED
    pthread_join(thread, NULL); /* it loses its patience */
#else
    pthread_detach(thread);
    settle();
#endif
    return client < 0;
}
