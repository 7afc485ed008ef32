#include "process_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proc/stat.h"
#include "tool/tool.h"
#include "unprepared.h"

/* Processes that have ended stay for a while: whoever looks at one wants to see its last. */
enum { ENDED_KEPT_S = 300, ENDED_MAX = 16 };

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct sample *sample_keep(struct sample *look) {
    look->holders++;
    return look;
}

void sample_drop(struct sample *look) {
    if (!look || --look->holders > 0)
        return;
    sites_drop(&look->sites);
    work_end(&look->work);
    free(look);
}

struct member *process_table_find(const struct process_table *table, int pid) {
    struct member *found = NULL;
    for (size_t i = 0; i < table->count; i++) {
        struct member *member = table->members[i];
        if (member->watched.pid == pid &&
            (!found || (found->ended && (!member->ended || member->ended > found->ended))))
            found = member;
    }
    return found;
}

static struct member *find_same(const struct process_table *table, const struct watched *watched) {
    for (size_t i = 0; i < table->count; i++)
        if (table->members[i]->watched.pid == watched->pid &&
            table->members[i]->watched.started == watched->started && !table->members[i]->ended)
            return table->members[i];
    return NULL;
}

static void drop_member(struct process_table *table, size_t index) {
    struct member *member = table->members[index];
    if (member->asking)
        ask_end(&member->question);
    sample_drop(member->latest);
    free(member);
    table->members[index] = table->members[--table->count];
}

/* The one that ended first, of those that have; -1 if none has. */
static long oldest_ended(const struct process_table *table, size_t *ended) {
    long oldest = -1;
    *ended = 0;
    for (size_t i = 0; i < table->count; i++) {
        if (!table->members[i]->ended)
            continue;
        ++*ended;
        if (oldest < 0 || table->members[i]->ended < table->members[oldest]->ended)
            oldest = (long)i;
    }
    return oldest;
}

static void forget_ended(struct process_table *table, uint64_t now) {
    size_t ended;
    for (long oldest; (oldest = oldest_ended(table, &ended)) >= 0;) {
        if (ended <= ENDED_MAX && now - table->members[oldest]->ended < ENDED_KEPT_S * UINT64_C(1000000000))
            return;
        drop_member(table, (size_t)oldest);
    }
}

static int by_pid(const void *a, const void *b) {
    const struct member *x = *(struct member *const *)a, *y = *(struct member *const *)b;
    return (x->watched.pid > y->watched.pid) - (x->watched.pid < y->watched.pid);
}

static struct member *add_member(struct process_table *table) {
    struct member **larger = reallocarray(table->members, table->count + 1, sizeof *larger);
    if (larger)
        table->members = larger;
    struct member *member = larger ? calloc(1, sizeof *member) : NULL;
    if (member)
        table->members[table->count++] = member;
    return member;
}

/* A watched process that still owes an answer is not asked again; one that nobody prepared is read when its turn comes. */
static void ask(struct member *member, struct watched *watched) {
    enum { PATIENCE_NS = 2000000000 };
    if (member->asking || watched->outside) {
        watched_close(watched);
        if (watched->outside && !member->latest && !member->error[0])
            snprintf(member->error, sizeof member->error, "not read yet: one after the other");
        return;
    }
    ask_begin(&member->question, *watched, PATIENCE_NS);
    member->asking = true;
    member->late = false;
}

/* Of what nobody prepared: not what was never read, or had one thread only; nor what lives on and has no room any more. */
static bool is_worth_keeping(const struct member *member) {
    struct proc_stat stat;
    if (!member->watched.outside)
        return true;
    return member->latest && member->latest->work.analysis->counts.threads > 1 &&
           (!proc_stat(member->watched.pid, &stat) || stat.started != member->watched.started);
}

static void note_ended(struct process_table *table, uint64_t now) {
    for (size_t i = table->count; i-- > 0;) {
        struct member *member = table->members[i];
        if (member->present || member->ended)
            continue;
        if (!is_worth_keeping(member)) {
            drop_member(table, i);
            continue;
        }
        member->ended = now;
        snprintf(member->error, sizeof member->error, "it has ended");
        if (member->asking)
            ask_end(&member->question);
        member->asking = false;
    }
}

/* Asks each process that is there. Under the lock. */
static void ask_all(struct process_table *table, struct watched *list, size_t count, uint64_t now) {
    for (size_t i = 0; i < table->count; i++)
        table->members[i]->present = false;
    for (size_t i = 0; i < count; i++) {
        struct member *member = find_same(table, &list[i]);
        if (!member)
            member = add_member(table);
        if (!member) {
            watched_close(&list[i]);
            continue;
        }
        ask(member, &list[i]);
        member->present = true;
        member->watched = list[i];
        member->watched.handle = -1;
    }
    note_ended(table, now);
    forget_ended(table, now);
    if (table->count > 0)
        qsort(table->members, table->count, sizeof *table->members, by_pid);
}

static void take(struct process_table *table, struct member *member, const struct pipe_survey *survey) {
    struct sample *look = calloc(1, sizeof *look);
    if (!look || !work_take(&look->work, table->settings, &member->question, survey)) {
        free(look);
        snprintf(member->error, sizeof member->error, "no memory for its report");
        return;
    }
    look->holders = 1;
    look->at = clock_now();
    look->tally = tally_make(look->work.analysis);
    look->sites = sites_of_work(&look->work);
    sample_drop(member->latest);
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
static void await_answers(struct process_table *table, uint64_t began) {
    enum { PAUSE_NS = 1000000 };
    for (;;) {
        size_t open = 0;
        for (size_t i = 0; i < table->count; i++) {
            struct member *member = table->members[i];
            if (!member->asking)
                continue;
            ask_look(&member->question);
            open += member->question.state == ASK_PENDING && !member->late;
        }
        if (table->settings->all)
            open += unprepared_read_on(table, began);
        if (open == 0 || clock_now() - began >= table->settings->patience)
            return;
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
    }
}

/* Takes what has been settled. Under the lock, which is given up between two processes. */
static void settle(struct process_table *table, struct member *member, const struct pipe_survey *survey) {
    if (member->question.state == ASK_PENDING) {
        if (!member->late && !member->watched.outside) {
            table->failures++;
            snprintf(member->error, sizeof member->error, "it has not answered yet");
        }
        member->late = true;
        return;
    }
    if (member->question.state == ASK_ANSWERED) {
        take(table, member, survey);
    } else {
        if (member->watched.outside)
            unprepared_failed(table, member);
        else
            table->failures++;
        snprintf(member->error, sizeof member->error, "%s", member->question.why);
    }
    ask_end(&member->question);
    member->asking = false;
}

/* Members come and go in ask_all alone, so that between the two only this thread needs their list. */
static void look_around(struct process_table *table) {
    size_t count;
    uint64_t began = clock_now();
    int64_t began_ms = now_ms();
    struct watched *list = watched_list(&count, table->settings->all);
    pthread_mutex_lock(&table->lock);
    if (table->settings->all)
        count = unprepared_choose(table, list, count, (size_t)table->settings->most);
    ask_all(table, list, count, began);
    pthread_mutex_unlock(&table->lock);
    free(list);
    await_answers(table, began);
    struct pipe_survey *survey = pipes_survey();
    for (size_t i = 0; i < table->count; i++) {
        pthread_mutex_lock(&table->lock);
        if (table->members[i]->asking)
            settle(table, table->members[i], survey);
        pthread_mutex_unlock(&table->lock);
    }
    pipes_survey_drop(survey);
    pthread_mutex_lock(&table->lock);
    table->looked = began;
    table->looked_ms = began_ms;
    table->took = clock_now() - began;
    table->looks++;
    pthread_mutex_unlock(&table->lock);
}

/* Those whose time has come, taken out of the list. Under the lock. */
static struct waiter *take_due(struct process_table *table, uint64_t looked) {
    struct waiter *due = NULL;
    for (struct waiter **at = &table->waiters; *at;) {
        struct waiter *waiter = *at;
        if (waiter->due > looked && !table->stopping) {
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
static uint64_t next_look(const struct process_table *table) {
    uint64_t due = UINT64_MAX;
    for (const struct waiter *waiter = table->waiters; waiter; waiter = waiter->next)
        if (waiter->due < due)
            due = waiter->due;
    uint64_t earliest = table->looked ? table->looked + table->interval : 0;
    return due == UINT64_MAX || due > earliest ? due : earliest;
}

static void *look_when_wanted(void *argument) {
    struct process_table *table = argument;
    pthread_mutex_lock(&table->lock);
    while (!table->stopping) {
        uint64_t at = next_look(table);
        if (at == UINT64_MAX) {
            pthread_cond_wait(&table->wanted, &table->lock);
            continue;
        }
        if (at > clock_now()) {
            struct timespec until = {.tv_sec = (time_t)(at / 1000000000u),
                                     .tv_nsec = (long)(at % 1000000000u)};
            pthread_cond_timedwait(&table->wanted, &table->lock, &until);
            continue;
        }
        pthread_mutex_unlock(&table->lock);
        look_around(table);
        pthread_mutex_lock(&table->lock);
        struct waiter *due = take_due(table, table->looked);
        pthread_mutex_unlock(&table->lock);
        call_all(due);
        pthread_mutex_lock(&table->lock);
    }
    struct waiter *left = take_due(table, 0);
    pthread_mutex_unlock(&table->lock);
    call_all(left);
    return NULL;
}

bool process_table_start(struct process_table *table, const struct settings *settings, uint64_t interval) {
    *table = (struct process_table){.settings = settings, .interval = interval};
    pthread_condattr_t monotonic;
    bool made = pthread_mutex_init(&table->lock, NULL) == 0 && pthread_condattr_init(&monotonic) == 0 &&
                pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0 &&
                pthread_cond_init(&table->wanted, &monotonic) == 0 &&
                pthread_create(&table->looker, NULL, look_when_wanted, table) == 0;
    if (!made)
        complain("serve: cannot create a thread");
    return made;
}

void process_table_stop(struct process_table *table) {
    pthread_mutex_lock(&table->lock);
    table->stopping = true;
    pthread_cond_signal(&table->wanted);
    pthread_mutex_unlock(&table->lock);
    pthread_join(table->looker, NULL);
}

void process_table_drop(struct process_table *table) {
    while (table->count > 0)
        drop_member(table, table->count - 1);
    free(table->members);
}

bool process_table_is_fresh(const struct process_table *table) {
    return table->looked && clock_now() - table->looked < table->interval;
}

void process_table_wait(struct process_table *table, struct waiter *waiter) {
    pthread_mutex_lock(&table->lock);
    bool late = table->stopping;
    if (!late) {
        waiter->next = table->waiters;
        table->waiters = waiter;
        pthread_cond_signal(&table->wanted);
    }
    pthread_mutex_unlock(&table->lock);
    if (late)
        waiter->done(waiter);
}
