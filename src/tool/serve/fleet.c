#include "fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../tool.h"

/* Processes that have ended stay for a while: whoever looks at one wants to see its last. */
enum { ENDED_KEPT_S = 300, ENDED_MAX = 16 };

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct visit *visit_keep(struct visit *look) {
    look->holders++;
    return look;
}

void visit_drop(struct visit *look) {
    if (!look || --look->holders > 0)
        return;
    sites_drop(&look->sites);
    work_end(&look->work);
    free(look);
}

struct member *fleet_find(const struct fleet *fleet, int pid) {
    struct member *found = NULL;
    for (size_t i = 0; i < fleet->count; i++) {
        struct member *member = fleet->members[i];
        if (member->watched.pid == pid &&
            (!found || (found->ended && (!member->ended || member->ended > found->ended))))
            found = member;
    }
    return found;
}

static struct member *find_same(const struct fleet *fleet, const struct watched *watched) {
    for (size_t i = 0; i < fleet->count; i++)
        if (fleet->members[i]->watched.pid == watched->pid &&
            fleet->members[i]->watched.started == watched->started && !fleet->members[i]->ended)
            return fleet->members[i];
    return NULL;
}

static void drop_member(struct fleet *fleet, size_t index) {
    struct member *member = fleet->members[index];
    if (member->asking)
        ask_end(&member->question);
    visit_drop(member->latest);
    free(member);
    fleet->members[index] = fleet->members[--fleet->count];
}

/* The one that ended first, of those that have; -1 if none has. */
static long oldest_ended(const struct fleet *fleet, size_t *ended) {
    long oldest = -1;
    *ended = 0;
    for (size_t i = 0; i < fleet->count; i++) {
        if (!fleet->members[i]->ended)
            continue;
        ++*ended;
        if (oldest < 0 || fleet->members[i]->ended < fleet->members[oldest]->ended)
            oldest = (long)i;
    }
    return oldest;
}

static void forget_ended(struct fleet *fleet, uint64_t now) {
    size_t ended;
    for (long oldest; (oldest = oldest_ended(fleet, &ended)) >= 0;) {
        if (ended <= ENDED_MAX && now - fleet->members[oldest]->ended < ENDED_KEPT_S * UINT64_C(1000000000))
            return;
        drop_member(fleet, (size_t)oldest);
    }
}

static int by_pid(const void *a, const void *b) {
    const struct member *x = *(struct member *const *)a, *y = *(struct member *const *)b;
    return (x->watched.pid > y->watched.pid) - (x->watched.pid < y->watched.pid);
}

static struct member *add_member(struct fleet *fleet) {
    struct member **larger = reallocarray(fleet->members, fleet->count + 1, sizeof *larger);
    if (larger)
        fleet->members = larger;
    struct member *member = larger ? calloc(1, sizeof *member) : NULL;
    if (member)
        fleet->members[fleet->count++] = member;
    return member;
}

/* Asks each process that is there, but those that still owe an answer. Under the lock. */
static void ask_all(struct fleet *fleet, struct watched *list, size_t count, uint64_t now) {
    enum { PATIENCE_NS = 2000000000 };
    for (size_t i = 0; i < fleet->count; i++)
        fleet->members[i]->present = false;
    for (size_t i = 0; i < count; i++) {
        struct member *member = find_same(fleet, &list[i]);
        if (!member)
            member = add_member(fleet);
        if (!member || member->asking) {
            watched_close(&list[i]);
        } else {
            ask_begin(&member->question, list[i], PATIENCE_NS);
            member->asking = true;
            member->late = false;
        }
        if (!member)
            continue;
        member->present = true;
        member->watched = list[i];
        member->watched.handle = -1;
    }
    for (size_t i = 0; i < fleet->count; i++) {
        struct member *member = fleet->members[i];
        if (member->present || member->ended)
            continue;
        member->ended = now;
        snprintf(member->error, sizeof member->error, "it has ended");
        if (member->asking)
            ask_end(&member->question);
        member->asking = false;
    }
    forget_ended(fleet, now);
    if (fleet->count > 0)
        qsort(fleet->members, fleet->count, sizeof *fleet->members, by_pid);
}

static void take(struct fleet *fleet, struct member *member, const struct pipe_survey *survey) {
    struct visit *look = calloc(1, sizeof *look);
    if (!look || !work_take(&look->work, fleet->settings, &member->question, survey)) {
        free(look);
        snprintf(member->error, sizeof member->error, "no memory for its report");
        return;
    }
    look->holders = 1;
    look->at = clock_now();
    look->tally = tally_make(look->work.analysis);
    look->sites = sites_of_work(&look->work);
    visit_drop(member->latest);
    member->latest = look;
    member->error[0] = '\0';
    const struct counts *counts = &look->work.analysis->counts;
    member->history[member->moments++ % HISTORY] =
        (struct moment){.time_ms = now_ms(),
                        .threads = (uint32_t)counts->threads,
                        .blocked = (uint32_t)counts->by_state[LW_STATE_BLOCKED],
                        .suspect = (uint32_t)look->tally.suspicious};
}

/* Until all have answered or failed, but for those that are late already; or patience ends. */
static void await_answers(struct fleet *fleet, uint64_t began) {
    enum { PAUSE_NS = 1000000 };
    for (;;) {
        size_t open = 0;
        for (size_t i = 0; i < fleet->count; i++) {
            struct member *member = fleet->members[i];
            if (!member->asking)
                continue;
            ask_look(&member->question);
            open += member->question.state == ASK_PENDING && !member->late;
        }
        if (open == 0 || clock_now() - began >= fleet->settings->patience)
            return;
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
    }
}

/* Takes what has been settled. Under the lock, which is given up between two processes. */
static void settle(struct fleet *fleet, struct member *member, const struct pipe_survey *survey) {
    if (member->question.state == ASK_PENDING) {
        if (!member->late) {
            fleet->failures++;
            snprintf(member->error, sizeof member->error, "it has not answered yet");
        }
        member->late = true;
        return;
    }
    if (member->question.state == ASK_ANSWERED) {
        take(fleet, member, survey);
    } else {
        fleet->failures++;
        snprintf(member->error, sizeof member->error, "%s", member->question.why);
    }
    ask_end(&member->question);
    member->asking = false;
}

/* Members come and go in ask_all alone, so that between the two only this thread needs their list. */
static void look_around(struct fleet *fleet) {
    size_t count;
    uint64_t began = clock_now();
    int64_t began_ms = now_ms();
    struct watched *list = watched_list(&count);
    pthread_mutex_lock(&fleet->lock);
    ask_all(fleet, list, count, began);
    pthread_mutex_unlock(&fleet->lock);
    free(list);
    await_answers(fleet, began);
    struct pipe_survey *survey = pipes_survey();
    for (size_t i = 0; i < fleet->count; i++) {
        pthread_mutex_lock(&fleet->lock);
        if (fleet->members[i]->asking)
            settle(fleet, fleet->members[i], survey);
        pthread_mutex_unlock(&fleet->lock);
    }
    pipes_survey_drop(survey);
    pthread_mutex_lock(&fleet->lock);
    fleet->looked = began;
    fleet->looked_ms = began_ms;
    fleet->took = clock_now() - began;
    fleet->looks++;
    pthread_mutex_unlock(&fleet->lock);
}

/* Those whose time has come, taken out of the list. Under the lock. */
static struct waiter *take_due(struct fleet *fleet, uint64_t looked) {
    struct waiter *due = NULL;
    for (struct waiter **at = &fleet->waiters; *at;) {
        struct waiter *waiter = *at;
        if (waiter->due > looked && !fleet->stopping) {
            at = &waiter->next;
            continue;
        }
        *at = waiter->next;
        waiter->next = due;
        due = waiter;
    }
    return due;
}

static void call_all(struct waiter *list) {
    while (list) {
        struct waiter *next = list->next; /* it may be gone when it has been called */
        list->done(list);
        list = next;
    }
}

/* When the next look is to begin: not before somebody wants it, nor sooner than an interval after the last.
 */
static uint64_t next_look(const struct fleet *fleet) {
    uint64_t due = UINT64_MAX;
    for (const struct waiter *waiter = fleet->waiters; waiter; waiter = waiter->next)
        if (waiter->due < due)
            due = waiter->due;
    uint64_t earliest = fleet->looked ? fleet->looked + fleet->interval : 0;
    return due == UINT64_MAX || due > earliest ? due : earliest;
}

static void *look_when_wanted(void *argument) {
    struct fleet *fleet = argument;
    pthread_mutex_lock(&fleet->lock);
    while (!fleet->stopping) {
        uint64_t at = next_look(fleet);
        if (at == UINT64_MAX) {
            pthread_cond_wait(&fleet->wanted, &fleet->lock);
            continue;
        }
        if (at > clock_now()) {
            struct timespec until = {.tv_sec = (time_t)(at / 1000000000u),
                                     .tv_nsec = (long)(at % 1000000000u)};
            pthread_cond_timedwait(&fleet->wanted, &fleet->lock, &until);
            continue;
        }
        pthread_mutex_unlock(&fleet->lock);
        look_around(fleet);
        pthread_mutex_lock(&fleet->lock);
        struct waiter *due = take_due(fleet, fleet->looked);
        pthread_mutex_unlock(&fleet->lock);
        call_all(due);
        pthread_mutex_lock(&fleet->lock);
    }
    struct waiter *left = take_due(fleet, 0);
    pthread_mutex_unlock(&fleet->lock);
    call_all(left);
    return NULL;
}

bool fleet_start(struct fleet *fleet, const struct settings *settings, uint64_t interval) {
    *fleet = (struct fleet){.settings = settings, .interval = interval};
    pthread_condattr_t monotonic;
    bool made = pthread_mutex_init(&fleet->lock, NULL) == 0 && pthread_condattr_init(&monotonic) == 0 &&
                pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0 &&
                pthread_cond_init(&fleet->wanted, &monotonic) == 0 &&
                pthread_create(&fleet->looker, NULL, look_when_wanted, fleet) == 0;
    if (!made)
        complain("serve: no thread to look with could be made");
    return made;
}

void fleet_stop(struct fleet *fleet) {
    pthread_mutex_lock(&fleet->lock);
    fleet->stopping = true;
    pthread_cond_signal(&fleet->wanted);
    pthread_mutex_unlock(&fleet->lock);
    pthread_join(fleet->looker, NULL);
}

void fleet_drop(struct fleet *fleet) {
    while (fleet->count > 0)
        drop_member(fleet, fleet->count - 1);
    free(fleet->members);
}

bool fleet_is_fresh(const struct fleet *fleet) {
    return fleet->looked && clock_now() - fleet->looked < fleet->interval;
}

void fleet_wait(struct fleet *fleet, struct waiter *waiter) {
    pthread_mutex_lock(&fleet->lock);
    bool late = fleet->stopping;
    if (!late) {
        waiter->next = fleet->waiters;
        fleet->waiters = waiter;
        pthread_cond_signal(&fleet->wanted);
    }
    pthread_mutex_unlock(&fleet->lock);
    if (late)
        waiter->done(waiter);
}
