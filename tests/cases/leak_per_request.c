/* A small HTTP server leaks a thread a request; its client asks twenty times. The monitor speaks up as the count passes
 * what it was, and once: each report of it shows more of one group.
 *
 * OPTIONS: monitor=20ms:threshold=5
 * CHECK: leakwatch: {{[6-9]|1[0-9]}} leaked threads in {{.*}} by the monitor; {{[0-9]+}} live
 * CHECK: {{[5-9]|1[0-9]}} threads [cond wait, {{[0-9.]+}}s] suspect: this condition was never signalled
 * CHECK: #1 waits_for_backend leak_per_request.c
 * CHECK: #0 answer leak_per_request.c
 * CHECK-NOT: by the monitor
 * CHECK: leakwatch: 20 leaked threads in {{.*}} at exit; 21 live
 * CHECK: 20 threads [cond wait, {{[0-9.]+}}s] suspect: this condition was never signalled
 * CHECK-NOT: by the monitor
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef FIXED
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t backend = PTHREAD_COND_INITIALIZER;
#endif

static void *waits_for_backend(void *unused) {
#ifndef FIXED
    pthread_mutex_lock(&mutex);
    for (;;) /* that answered long ago, to nobody */
        pthread_cond_wait(&backend, &mutex);
#endif
    return unused;
}

static __attribute__((noinline)) void answer(int client) {
    char request[512];
    pthread_t thread;
    static const char words[] = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok";
    if (read(client, request, sizeof request) > 0 &&
        pthread_create(&thread, NULL, waits_for_backend, NULL) == 0)
        pthread_detach(thread);
    if (write(client, words, sizeof words - 1) < 0)
        perror("write");
    close(client);
}

static void *serves(void *listener) {
    for (int client; (client = accept((int)(long)listener, NULL, NULL)) >= 0;)
        answer(client);
    return NULL;
}

int main(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    pthread_t server;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 8) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0 ||
        pthread_create(&server, NULL, serves, (void *)(long)listener) != 0)
        return 1;
    usleep(60000);
    const char *requests = getenv("REQUESTS");
    for (int i = 0, count = requests ? atoi(requests) : 20; i < count; i++) {
        static const char request[] = "GET / HTTP/1.0\r\n\r\n";
        char reply[128];
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
            write(fd, request, sizeof request - 1) < 0 || read(fd, reply, sizeof reply) <= 0)
            return 2;
        close(fd);
        usleep(20000);
    }
    shutdown(listener, SHUT_RDWR);
    pthread_join(server, NULL);
    return 0;
}
