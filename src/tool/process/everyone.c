/* A descriptor goes from process to process by a UNIX socket that one end each has, and both run for it. Who rests all the time that a round of looks takes has what it is
 * met with. Of those that run, none may have the other end of what another has: then each can but take what had come for it before, and send what
 * lies there until others run. So first all is looked for that is on its way, then what everybody has, then once more what is on its way.
 */
#include "everyone.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "at_rest.h"
#include "connections.h"
#include "monotonic.h"
#include "proc/descriptor_file.h"
#include "proc/program_name.h"

static const uint64_t PATIENCE_NS = 100000000u;
/* OFTEN: one that sends descriptors to itself is met with them sooner or later, for no more than half the looks at it are in vain. */
enum { PAUSE_US = 200, PAUSES = 10, LISTINGS = 64, OFTEN = 16, OFTEN_PAUSE_US = 20, ROUNDS_LEAST = 8 };

/* Who has UNIX sockets. */
struct mover {
    int pid;
    bool ran;   /* in this round, or may have */
    bool often; /* it was looked into often in this round */
    struct inodes sockets;
    struct rest rest;
};

struct crowd {
    const struct everyone *everyone;
    DIR *proc;
    struct connections connections;
    struct mover *movers;
    size_t mover_count, mover_room;
    struct inodes known; /* sockets that were looked at before the tables */
    struct inodes seen;  /* processes whose tables were, in this round */
    bool laden;          /* a socket was seen to carry a descriptor */
    bool ran;            /* some mover has */
    bool accepts;        /* one that ran has a socket that others connect to */
    int restless;        /* one that could have handed on a descriptor, or 0 */
    bool failed;         /* no memory */
};

void inodes_put(struct inodes *inodes, uint64_t inode) {
    if (inodes->count == inodes->room) {
        size_t room = inodes->room ? 2 * inodes->room : 16;
        uint64_t *larger = reallocarray(inodes->of, room, sizeof *larger);
        if (!larger) {
            inodes->failed = true;
            return;
        }
        inodes->of = larger;
        inodes->room = room;
    }
    inodes->of[inodes->count++] = inode;
}

bool inodes_put_socket(struct inodes *inodes, uint64_t inode, int proc, int pid, int fd, bool inside) {
    bool local = false;
    bool carries = socket_carries(proc, pid, fd, inside, &local);
    if (local)
        inodes_put(inodes, inode);
    inodes->laden |= carries;
    return carries;
}

static int by_number(const void *a, const void *b) {
    uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;
    return (one > other) - (one < other);
}

static void sort(struct inodes *inodes) {
    if (inodes->count > 0)
        qsort(inodes->of, inodes->count, sizeof *inodes->of, by_number);
}

/* Among the first `count`, which are sorted. */
static bool has(const struct inodes *inodes, size_t count, uint64_t number) {
    return count > 0 && bsearch(&number, inodes->of, count, sizeof number, by_number);
}

static void put_all(struct inodes *inodes, const struct inodes *more) {
    for (size_t i = 0; i < more->count; i++)
        inodes_put(inodes, more->of[i]);
    inodes->failed |= more->failed;
}

/* The process's, new if it had no sockets before this round: then it is not known to have rested. */
static struct mover *mover_of(struct crowd *crowd, int pid) {
    for (size_t i = 0; i < crowd->mover_count; i++)
        if (crowd->movers[i].pid == pid)
            return &crowd->movers[i];
    if (crowd->mover_count == crowd->mover_room) {
        size_t room = crowd->mover_room ? 2 * crowd->mover_room : 64;
        struct mover *larger = reallocarray(crowd->movers, room, sizeof *larger);
        if (!larger) {
            crowd->failed = true;
            return NULL;
        }
        crowd->movers = larger;
        crowd->mover_room = room;
    }
    crowd->movers[crowd->mover_count] = (struct mover){.pid = pid, .ran = true};
    return &crowd->movers[crowd->mover_count++];
}

static void look_into(struct crowd *crowd, int pid) {
    struct inodes sockets = {0};
    crowd->everyone->look(crowd->everyone->context, pid, &sockets);
    struct mover *mover = sockets.count > 0 && pid != crowd->everyone->watched ? mover_of(crowd, pid) : NULL;
    if (mover)
        put_all(&mover->sockets, &sockets);
    crowd->laden |= sockets.laden;
    crowd->failed |= sockets.failed || (mover && mover->sockets.failed);
    free(sockets.of);
}

/* Looks into those that have not been in this round; were there any? */
static bool look_into_new(struct crowd *crowd) {
    size_t before = crowd->seen.count;
    rewinddir(crowd->proc);
    for (struct dirent *entry; (entry = readdir(crowd->proc));) {
        int pid = isdigit((unsigned char)entry->d_name[0]) ? atoi(entry->d_name) : 0;
        if (pid == 0 || pid == (int)getpid() || has(&crowd->seen, before, (uint64_t)pid))
            continue;
        inodes_put(&crowd->seen, (uint64_t)pid);
        look_into(crowd, pid);
    }
    sort(&crowd->seen);
    crowd->failed |= crowd->seen.failed;
    return crowd->seen.count > before && !crowd->failed;
}

static void look_into_movers(struct crowd *crowd) {
    for (size_t i = 0; i < crowd->mover_count; i++)
        look_into(crowd, crowd->movers[i].pid);
}

/* Has it both ends of a connection? */
static bool has_both_ends(const struct crowd *crowd, struct mover *mover) {
    struct local_socket found;
    bool both = false;
    sort(&mover->sockets);
    for (size_t i = 0; !both && i < mover->sockets.count; i++)
        both = connections_tell(&crowd->connections, mover->sockets.of[i], &found) && found.peer != 0 &&
               has(&mover->sockets, mover->sockets.count, found.peer);
    return both;
}

/* Into all movers once more; often into who has run by now and could send to itself. */
static void look_closer(struct crowd *crowd) {
    look_into_movers(crowd);
    for (size_t i = 0; i < crowd->mover_count; i++) {
        struct mover *mover = &crowd->movers[i];
        mover->ran = mover->ran || !rest_lasted(&mover->rest, dirfd(crowd->proc), mover->pid);
        mover->often = mover->ran && has_both_ends(crowd, mover);
        for (int k = 0; mover->often && k < OFTEN; k++) {
            usleep(OFTEN_PAUSE_US);
            look_into(crowd, mover->pid);
        }
    }
}

/* What they are connected to: who has them may end soon. */
static void learn(struct crowd *crowd, struct inodes *sockets) {
    sort(sockets);
    crowd->failed |= sockets->failed || !connections_learn(&crowd->connections, sockets->of, sockets->count);
}

/* Also into who was made meanwhile, and may have what its parent gave up. */
static void look_once(struct crowd *crowd) {
    unsigned listings = 0;
    crowd->seen.count = crowd->known.count = 0;
    crowd->laden = crowd->ran = crowd->accepts = false;
    crowd->everyone->again(crowd->everyone->context);
    look_into_movers(crowd);
    for (size_t i = 0; i < crowd->mover_count; i++)
        put_all(&crowd->known, &crowd->movers[i].sockets);
    learn(crowd, &crowd->known);
    while (look_into_new(crowd) && crowd->everyone->patient && listings < LISTINGS)
        listings++;
    for (size_t i = 0; i < crowd->mover_count; i++)
        learn(crowd, &crowd->movers[i].sockets);
    if (listings == LISTINGS)
        crowd->restless = (int)crowd->seen.of[crowd->seen.count - 1];
    if (crowd->everyone->patient)
        look_closer(crowd);
}

/* Who has ended, or has had no such socket in a whole round, is none any more. */
static void begin_round(struct crowd *crowd) {
    size_t kept = 0;
    for (size_t i = 0; i < crowd->mover_count; i++) {
        struct mover *mover = &crowd->movers[i];
        enum rest_found found =
            mover->sockets.count == 0 ? REST_ENDED : rest_begin(&mover->rest, dirfd(crowd->proc), mover->pid);
        mover->sockets.count = 0;
        mover->ran = found == REST_NOT;
        mover->often = false;
        if (found == REST_ENDED)
            free(mover->sockets.of);
        else
            crowd->movers[kept++] = *mover;
    }
    crowd->mover_count = kept;
    crowd->restless = 0;
}

/* May a descriptor have come or gone by this socket unseen? */
enum way {
    WAY_NONE,   /* it is connected to nobody who ran */
    WAY_WITHIN, /* from a process to itself only */
    WAY_OUT,    /* to another, or to whoever comes */
};

static enum way way_by(const struct crowd *crowd, const struct mover *mover, uint64_t inode) {
    bool known = has(&crowd->known, crowd->known.count, inode);
    struct local_socket found;
    if (!connections_tell(&crowd->connections, inode, &found))
        return WAY_OUT;
    /* what had come was seen with it (kernel: net/unix/af_unix.c, unix_count_nr_fds); what comes, comes by a socket of who ran */
    if (found.listens)
        return known ? WAY_NONE : WAY_OUT;
    /* a stream whose other end is gone, or waits to be accepted, has no number of that */
    if (found.connected && found.peer == 0 && crowd->accepts)
        return WAY_OUT;
    if (!found.connected && !(found.datagram && found.peer != 0))
        return WAY_OUT;
    enum way way = WAY_NONE;
    for (size_t i = 0; found.peer != 0 && i < crowd->mover_count; i++) {
        const struct mover *other = &crowd->movers[i];
        if (!other->ran || !has(&other->sockets, other->sockets.count, found.peer))
            continue;
        if (other != mover)
            return WAY_OUT;
        way = WAY_WITHIN;
    }
    /* what was on its way by it before the tables were looked at was not asked */
    return known || way == WAY_WITHIN ? way : WAY_OUT;
}

/* May it have handed on a descriptor unseen? To itself, if it was not looked at often enough. */
static bool may_hand_on(const struct crowd *crowd, const struct mover *mover) {
    const struct inodes *sockets = &mover->sockets;
    enum way worst = WAY_NONE;
    for (size_t i = 0; worst != WAY_OUT && i < sockets->count; i++) {
        if (i > 0 && sockets->of[i] == sockets->of[i - 1])
            continue;
        enum way way = way_by(crowd, mover, sockets->of[i]);
        worst = way > worst ? way : worst;
    }
    return worst == WAY_OUT || (worst == WAY_WITHIN && !mover->often);
}

static bool listens(const struct crowd *crowd, const struct mover *mover) {
    struct local_socket found;
    bool any = false;
    for (size_t i = 0; !any && i < mover->sockets.count; i++)
        any = connections_tell(&crowd->connections, mover->sockets.of[i], &found) && found.listens;
    return any;
}

static void end_round(struct crowd *crowd) {
    for (size_t i = 0; i < crowd->mover_count; i++) {
        struct mover *mover = &crowd->movers[i];
        mover->ran = mover->ran || !rest_lasted(&mover->rest, dirfd(crowd->proc), mover->pid);
        crowd->ran |= mover->ran;
        sort(&mover->sockets);
        crowd->accepts |= mover->ran && listens(crowd, mover);
    }
    for (size_t i = 0; crowd->restless == 0 && i < crowd->mover_count; i++)
        if (crowd->movers[i].ran && may_hand_on(crowd, &crowd->movers[i]))
            crowd->restless = crowd->movers[i].pid;
}

/* False: it could not be made sure in time. What was found to be on its way in the last round is for others to judge. */
static bool look_until_sure(struct crowd *crowd) {
    uint64_t until = clock_now() + PATIENCE_NS;
    for (unsigned round = 0;; round++) {
        begin_round(crowd);
        look_once(crowd);
        if (!crowd->everyone->patient || crowd->everyone->is_over(crowd->everyone->context))
            return true;
        end_round(crowd);
        if (crowd->failed)
            return false;
        /* in the first it was not known yet who has sockets; what is on its way may get there while somebody runs */
        if (round > 0 && crowd->restless == 0 && !(crowd->laden && crowd->ran))
            return true;
        if (round >= ROUNDS_LEAST && clock_now() > until)
            return crowd->restless == 0;
        if (round > 0)
            usleep(PAUSE_US * (1 + round % PAUSES));
    }
}

bool everyone_look(DIR *proc, const struct everyone *everyone, char restless[64]) {
    struct crowd crowd = {.everyone = everyone, .proc = proc, .connections.asked = local_sockets_open()};
    bool sure = look_until_sure(&crowd);
    restless[0] = '\0';
    if (!sure && crowd.restless != 0)
        name_process(restless, 64, dirfd(proc), crowd.restless);
    else if (!sure)
        snprintf(restless, 64, "some process");
    for (size_t i = 0; i < crowd.mover_count; i++)
        free(crowd.movers[i].sockets.of);
    free(crowd.movers);
    free(crowd.known.of);
    free(crowd.seen.of);
    connections_drop(&crowd.connections);
    if (crowd.connections.asked >= 0)
        close(crowd.connections.asked);
    return sure;
}
