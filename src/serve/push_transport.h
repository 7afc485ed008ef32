/* Requests over HTTP to servers that are not trusted to answer, or to answer sensibly: the one place where libcurl sends. All of it is one thread's, but for
 * transport_wake. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ANSWER_ROOM = 4096, REASON_ROOM = 320 };

/* What a server said. */
struct answer {
    long status;            /* of HTTP; 0: none came, and why not is in reason */
    uint64_t retry_after;   /* ns; 0: it does not say */
    size_t size;            /* of its body, which may be longer than what is kept */
    char body[ANSWER_ROOM]; /* ended by a NUL */
    char reason[REASON_ROOM];
};

struct transport;
struct exchange;

/* NULL, and a line on stderr, if it cannot be. */
struct transport *transport_open(void);
void transport_close(struct transport *transport);
/* What ran out of things to do runs on. To be called by any thread. */
void transport_wake(struct transport *transport);
/* Sends and receives; waits at most so long for something to do; calls `done` of each exchange that has come to an end. */
void transport_run(struct transport *transport, uint64_t ns);

struct exchange_form {
    const char *address;
    const char *header;  /* one more; NULL: none */
    const char *ca_file; /* "": the system's */
    uint64_t timeout;    /* ns, from the beginning to the end */
    void (*done)(void *context, const struct answer *answer);
    void *context;
};
/* One at a time is under way. The form's texts must stay. NULL without memory. */
struct exchange *exchange_make(struct transport *transport, const struct exchange_form *form);
/* Posts JSON, which is taken (from malloc). header: as "Name: value", NULL: none. False if it cannot be begun. */
bool exchange_begin(struct exchange *exchange, char *json, const char *header);
/* What is under way is broken off. */
void exchange_drop(struct exchange *exchange);
