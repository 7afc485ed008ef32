/* A queue of System V messages, of which /proc tells nobody's own. */
#include <sys/ipc.h>
#include <sys/msg.h>

#include "places.h"

static int queue;
struct message {
    long type;
    struct box *box;
};
static void hide_in_a_system_v_queue(struct box *box) {
    struct message message = {.type = 1, .box = box};
    queue = msgget(IPC_PRIVATE, 0600);
    if (queue < 0 || msgsnd(queue, &message, sizeof message.box, 0) != 0)
        exit(3);
}
static struct box *from_the_system_v_queue(void) {
    struct message message = {0};
    ssize_t got = msgrcv(queue, &message, sizeof message.box, 0, 0);
    msgctl(queue, IPC_RMID, NULL);
    return got == sizeof message.box ? message.box : NULL;
}

const struct place system_v_places[] = {
    {"in_a_system_v_queue", hide_in_a_system_v_queue, from_the_system_v_queue},
    {NULL, NULL, NULL},
};
