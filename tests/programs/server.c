/* server PORT: an HTTP server with four threads for its connections. For each request a thread asks a
 * replica, which takes 60 ms; whoever asked waits for 50, and then answers without. As written, the thread
 * that asked the replica hands its answer over to nobody, for ever: one more for each request. Repaired
 * (-DFIXED), it leaves the answer where it will be found or not, and ends. */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct question {
    pthread_mutex_t mutex;
    pthread_cond_t answered, taken;
    bool has_answer, is_taken;
    int users;
};

static void drop(struct question *question) {
    bool last = --question->users == 0;
    pthread_mutex_unlock(&question->mutex);
    if (last)
        free(question);
}

static void *ask_replica(void *argument) {
    struct question *question = argument;
    usleep(60000);
    pthread_mutex_lock(&question->mutex);
    question->has_answer = true;
    pthread_cond_signal(&question->answered);
#ifndef FIXED
    while (!question->is_taken)
        pthread_cond_wait(&question->taken, &question->mutex);
#endif
    drop(question);
    return NULL;
}

static bool look_up(void) {
    struct question *question = calloc(1, sizeof *question);
    pthread_t thread;
    struct timespec until;
    if (!question || pthread_mutex_init(&question->mutex, NULL) ||
        pthread_cond_init(&question->answered, NULL) || pthread_cond_init(&question->taken, NULL))
        return false;
    question->users = 2;
    if (pthread_create(&thread, NULL, ask_replica, question) != 0) {
        free(question);
        return false;
    }
    pthread_detach(thread);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 50000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&question->mutex);
    while (!question->has_answer)
        if (pthread_cond_timedwait(&question->answered, &question->mutex, &until) != 0)
            break;
    bool found = question->has_answer;
    question->is_taken = found;
    pthread_cond_signal(&question->taken);
    drop(question);
    return found;
}

static void serve_connection(int fd) {
    char request[4096];
    size_t length = 0;
    ssize_t got;
    while ((got = read(fd, request + length, sizeof request - 1 - length)) > 0) {
        length += (size_t)got;
        request[length] = '\0';
        if (!strstr(request, "\r\n\r\n"))
            continue;
        const char *body = look_up() ? "found" : "stale";
        char answer[128];
        int size = snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n%s", body);
        if (write(fd, answer, (size_t)size) != size)
            break;
        length = 0;
    }
    close(fd);
}

static void *serve(void *argument) {
    for (;;) {
        int fd = accept(*(int *)argument, NULL, NULL);
        if (fd >= 0)
            serve_connection(fd);
    }
    return NULL;
}

int main(int count, char **arguments) {
    enum { WORKERS = 4 };
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
    address.sin_port = htons((uint16_t)(count > 1 ? atoi(arguments[1]) : 0));
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 64) != 0) {
        perror("server");
        return 1;
    }
    for (int i = 1; i < WORKERS; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, serve, &listener) != 0)
            return 1;
    }
    serve(&listener);
}
