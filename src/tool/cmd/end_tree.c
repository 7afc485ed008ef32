#include "end_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool/process/descendants.h"
#include "tool/process/monotonic.h"
#include "tool/process/turns.h"
#include "tool/process/watched.h"
#include "tool/tool.h"
#include "unreached.h"

#define SECOND ((uint64_t)1000000000)
enum { LOOK_NS = 10000000 };

/* Who was there when the time was over. */
struct tree {
    struct child *child;
    struct descendant *list;
    size_t count;
    struct turn {
        size_t at;           /* in the list */
        int signal;          /* that asks it for a report */
    } * turns;               /* of those that are watched */
    size_t turn_count, turn; /* the first that is not over */
    uint64_t turn_began;
};

struct left {
    size_t programs, reports; /* processes that run; those that make reports of them */
};

static struct left count_left(void) {
    size_t count;
    struct left left = {0};
    struct descendant *list = descendants_list(&count);
    for (size_t i = 0; i < count; i++)
        *(list[i].renders ? &left.reports : &left.programs) += 1;
    descendants_drop(list, count);
    return left;
}

static void find_watched(struct tree *tree) {
    tree->list = descendants_list(&tree->count);
    int *pids = calloc(tree->count + 1, sizeof *pids);
    tree->turns = needed(calloc(tree->count + 1, sizeof *tree->turns));
    for (size_t i = 0; i < tree->count; i++) {
        char room[WATCHED_WHY];
        struct watched watched;
        if (tree->list[i].renders || watched_open(&watched, tree->list[i].pid, room))
            continue;
        if (pids)
            pids[tree->turn_count] = tree->list[i].pid;
        tree->turns[tree->turn_count++] = (struct turn){.at = i, .signal = watched.signal};
        watched_close(&watched);
    }
    if (pids)
        turns_set(pids, tree->turn_count);
    free(pids);
}

/* A turn is over when the program has ended; one that has a handler of its own may make no report, and not end. */
static void pass_turns(struct tree *tree) {
    enum { PATIENCE_S = 2 };
    for (; tree->turn < tree->turn_count; tree->turn++) {
        if (!descendant_has_ended(&tree->list[tree->turns[tree->turn].at]) &&
            clock_now() < tree->turn_began + PATIENCE_S * SECOND)
            return;
        turns_pass(tree->turn);
        tree->turn_began = clock_now();
    }
}

/* Until all have ended, and what they had to say has been written. Those that still run have until the moment, or
 * for as long as reports are made; false if some do. */
static bool await_end(struct tree *tree, uint64_t moment) {
    enum { MOST_S = 60 };
    uint64_t last = clock_now() + MOST_S * SECOND;
    for (;;) {
        pass_turns(tree);
        struct left left = count_left();
        if (left.programs == 0 && left.reports == 0)
            return true;
        uint64_t now = clock_now();
        if ((now >= moment && left.reports == 0) || now >= last)
            return false;
        child_rest_until(tree->child, now + LOOK_NS);
    }
}

/* All at once: none is to be seen as it is after another has ended, nor go on with what it does then. */
static void terminate(struct tree *tree) {
    for (size_t i = 0; i < tree->count; i++)
        if (!tree->list[i].renders)
            descendant_signal(&tree->list[i], SIGTERM);
    for (size_t i = 0; i < tree->count; i++)
        if (tree->list[i].state == 'T') /* else it would not even see it */
            descendant_signal(&tree->list[i], SIGCONT);
}

static void forget(struct tree *tree) {
    descendants_drop(tree->list, tree->count);
    free(tree->turns);
    *tree = (struct tree){.child = tree->child};
}

/* Those that have a handler of their own for SIGTERM have said nothing yet, nor who came to be when it was sent to the others. One
 * after the other, for the order. */
static void ask(struct tree *tree) {
    enum { REPORT_S = 1, ALL_S = 10 };
    uint64_t last = clock_now() + ALL_S * SECOND;
    for (size_t i = 0; i < tree->turn_count && clock_now() < last; i++) {
        const struct descendant *descendant = &tree->list[tree->turns[i].at];
        if (descendant_has_ended(descendant) || !descendant_signal(descendant, tree->turns[i].signal))
            continue;
        uint64_t moment = clock_now() + REPORT_S * SECOND;
        for (bool made = false; clock_now() < moment && !descendant_has_ended(descendant);) {
            size_t reports = count_left().reports;
            if (made && reports == 0)
                break;
            made |= reports > 0;
            child_rest_until(tree->child, clock_now() + LOOK_NS / 4);
        }
    }
}

/* Again, until nobody is left: a process that was just about to make another has made it. */
static void kill_all(struct child *child) {
    enum { PATIENCE_S = 5, REPORT_S = 2 };
    uint64_t began = clock_now();
    for (;;) {
        size_t count, left = 0;
        struct descendant *list = descendants_list(&count);
        bool late = clock_now() >= began + PATIENCE_S * SECOND;
        for (size_t i = 0; i < count; i++) {
            if (list[i].renders && clock_now() < began + REPORT_S * SECOND) {
                left++;
                continue;
            }
            bool sent = descendant_signal(&list[i], SIGKILL);
            left += sent || errno != ESRCH;
            if (late)
                complain("run: process %d could not be ended: %s", list[i].pid,
                         sent ? "it sleeps in the kernel" : strerror(errno));
        }
        descendants_drop(list, count);
        if (left == 0 || late)
            break;
        child_rest_until(child, clock_now() + LOOK_NS);
    }
}

/* SIGTERM makes a report and ends a program that has no handler for it. One that has is asked for a report
 * before it is killed. */
void end_tree(struct child *child, const struct settings *settings) {
    enum { PATIENCE_S = 5, REPORT_S = 1 };
    struct tree tree = {.child = child};
    find_watched(&tree);
    unreached_report(settings, tree.list, tree.count);
    tree.turn_began = clock_now();
    terminate(&tree);
    if (!await_end(&tree, clock_now() + PATIENCE_S * SECOND)) {
        forget(&tree);
        find_watched(&tree);
        turns_set(NULL, 0);
        ask(&tree);
        kill_all(child);
    }
    child_rest_until(child, 0); /* who ended last is reaped, too */
    child_wait_until(child, clock_now() + REPORT_S * SECOND);
    forget(&tree);
}
