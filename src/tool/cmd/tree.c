/* leakwatch tree: threads under the threads that created them. Siblings without children of their own that do
 * the same and come from the same place are one line. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/tally.h"
#include "render/json_text.h"
#include "render/lines.h"
#include "render/style.h"
#include "tool/span.h"
#include "tool/tool.h"
#include "tool/work.h"

/* A branch: a thread of the report, or one that has ended and whose threads live on. */
struct branch {
    const struct thread_finding *finding; /* NULL: ended */
    int tid;
    const char *name;
    size_t *children; /* indices of branches */
    size_t count;
    bool has_parent;
};

struct tree {
    const struct analysis *analysis;
    struct symbols *symbols;
    struct branch *branches;
    size_t count, threads;
};

static bool is_alive(const struct branch *branch) {
    return branch->finding && branch->finding->thread->state != LW_STATE_FINISHED;
}

static int by_tid(const void *a, const void *b) {
    const struct branch *x = a, *y = b;
    return x->tid != y->tid ? (x->tid > y->tid) - (x->tid < y->tid) : is_alive(y) - is_alive(x);
}

/* The branch of this number; of two, the one that is alive. Only the first `threads` are in order. */
static long find(const struct tree *tree, int tid) {
    size_t low = 0, high = tree->threads;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (tree->branches[middle].tid < tid)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < tree->threads && tree->branches[low].tid == tid)
        return (long)low;
    for (size_t i = tree->threads; i < tree->count; i++)
        if (tree->branches[i].tid == tid)
            return (long)i;
    return -1;
}

static void adopt(struct branch *parent, size_t child) {
    parent->children = needed(reallocarray(parent->children, parent->count + 1, sizeof *parent->children));
    parent->children[parent->count++] = child;
}

/* A creator that has ended gets a branch, once. A thread may have got its number since: that one is younger.
 */
static size_t creator_of(struct tree *tree, const struct lw_snapshot_thread *thread) {
    long at = find(tree, thread->creator_tid);
    if (at >= 0 && tree->branches[at].finding &&
        tree->branches[at].finding->thread->created > thread->created)
        at = -1;
    if (at >= 0)
        return (size_t)at;
    tree->branches[tree->count] = (struct branch){.tid = thread->creator_tid,
                                                  .name = lines_words(tree->analysis, thread->creator_name)};
    return tree->count++;
}

static struct tree grow(const struct analysis *analysis, struct symbols *symbols) {
    size_t count = analysis->finding_count;
    struct tree tree = {.analysis = analysis, .symbols = symbols, .threads = count, .count = count};
    tree.branches = needed(calloc(2 * count + 1, sizeof *tree.branches));
    for (size_t i = 0; i < count; i++) {
        const struct thread_finding *finding = &analysis->findings[i];
        tree.branches[i] = (struct branch){.finding = finding,
                                           .tid = finding->thread->tid,
                                           .name = lines_words(analysis, finding->thread->name)};
    }
    qsort(tree.branches, count, sizeof *tree.branches, by_tid);
    for (size_t i = 0; i < count; i++) {
        const struct lw_snapshot_thread *thread = tree.branches[i].finding->thread;
        if ((thread->flags & (LW_THREAD_MAIN | LW_THREAD_UNSEEN)) || thread->creator_tid == 0)
            continue;
        size_t creator = creator_of(&tree, thread);
        if (creator == i)
            continue;
        adopt(&tree.branches[creator], i);
        tree.branches[i].has_parent = true;
    }
    return tree;
}

static void cut(struct tree *tree) {
    for (size_t i = 0; i < tree->count; i++)
        free(tree->branches[i].children);
    free(tree->branches);
}

/* What a thread does, and where it comes from: equal for siblings on one line. Caller frees. */
static char *doing(const struct tree *tree, const struct branch *branch) {
    char *words = NULL;
    size_t size;
    FILE *out = needed(open_memstream(&words, &size));
    if (branch->finding) {
        const struct lw_snapshot_thread *thread = branch->finding->thread;
        fprintf(out, "[%s]",
                thread->kind != LW_WAIT_NONE         ? wait_words(thread)
                : thread->state == LW_STATE_FINISHED ? "ended, never joined"
                                                     : state_words((enum lw_state)thread->state));
        if (branch->finding->verdict > VERDICT_IDLE)
            fprintf(out, "  %s", verdict_words(branch->finding->verdict));
        if (thread->flags & LW_THREAD_UNSEEN) {
            fprintf(out, "  creator unknown");
        } else if (thread->creation_count > 0) {
            fprintf(out, "  created at  ");
            lines_creator(out, tree->analysis, tree->symbols, thread);
        }
    } else {
        fprintf(out, "has ended");
    }
    fclose(out);
    needed(words);
    words[strcspn(words, "\n")] = '\0';
    return words;
}

static void put_branch(const struct tree *tree, size_t index, size_t equals, const char *does,
                       const char *indent, const char *knot) {
    const struct branch *branch = &tree->branches[index];
    printf("%s%s", indent, knot);
    if (equals > 1) {
        style_put(stdout, STYLE_TITLE);
        printf("%zu x ", equals);
        style_put(stdout, STYLE_PLAIN);
    }
    lines_clean(stdout, branch->name);
    if (equals == 1)
        printf(" (%d)", branch->tid);
    printf("  ");
    lines_clean(stdout, does);
    putchar('\n');
}

static void put_children(const struct tree *tree, size_t index, const char *indent);

static void put_with_children(const struct tree *tree, size_t index, const char *does, const char *indent,
                              const char *knot, const char *below) {
    char *deeper = NULL;
    put_branch(tree, index, 1, does, indent, knot);
    if (asprintf(&deeper, "%s%s", indent, below) < 0)
        deeper = needed(NULL);
    put_children(tree, index, deeper);
    free(deeper);
}

struct sibling {
    size_t index;
    char *does;
};

static int by_doing(const void *a, const void *b) {
    const struct sibling *x = a, *y = b;
    int order = strcmp(x->does, y->does);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

static void put_children(const struct tree *tree, size_t index, const char *indent) {
    const struct branch *branch = &tree->branches[index];
    struct sibling *siblings = needed(calloc(branch->count + 1, sizeof *siblings));
    for (size_t i = 0; i < branch->count; i++)
        siblings[i] =
            (struct sibling){branch->children[i], doing(tree, &tree->branches[branch->children[i]])};
    qsort(siblings, branch->count, sizeof *siblings, by_doing);
    for (size_t i = 0, next; i < branch->count; i = next) {
        const struct branch *child = &tree->branches[siblings[i].index];
        for (next = i + 1; child->count == 0 && next < branch->count; next++)
            if (strcmp(siblings[next].does, siblings[i].does) != 0 ||
                tree->branches[siblings[next].index].count > 0)
                break;
        bool last = next == branch->count;
        if (child->count == 0)
            put_branch(tree, siblings[i].index, next - i, siblings[i].does, indent, last ? "`- " : "|- ");
        else
            put_with_children(tree, siblings[i].index, siblings[i].does, indent, last ? "`- " : "|- ",
                              last ? "   " : "|  ");
    }
    for (size_t i = 0; i < branch->count; i++)
        free(siblings[i].does);
    free(siblings);
}

static json_t *object_of(const struct tree *tree, size_t index) {
    const struct branch *branch = &tree->branches[index];
    json_t *children = json_array();
    for (size_t i = 0; i < branch->count; i++)
        json_array_append_new(children, object_of(tree, branch->children[i]));
    char *does = doing(tree, branch);
    json_t *object =
        json_pack("{s:i, s:o, s:b, s:o, s:o}", "tid", branch->tid, "name", json_text(branch->name), "alive",
                  is_alive(branch), "doing", json_text(does), "children", children);
    free(does);
    return object;
}

static void print(const struct tree *tree, bool json) {
    json_t *list = json_array();
    for (size_t i = 0; i < tree->count; i++) {
        if (tree->branches[i].has_parent)
            continue;
        if (json) {
            json_array_append_new(list, object_of(tree, i));
            continue;
        }
        char *does = doing(tree, &tree->branches[i]);
        put_with_children(tree, i, does, "", "", "");
        free(does);
    }
    if (json) {
        json_dumpf(list, stdout, JSON_INDENT(2));
        putchar('\n');
    }
    json_decref(list);
}

int command_tree(int count, char **arguments) {
    static const struct usage usage = {
        .command = IN_TREE,
        .name = "tree",
        .synopsis = "[OPTIONS] PID",
        .about = "The threads of a watched process, each under the one that created it.\n",
        .statuses = STATUSES,
        .least = 1,
        .most = 1,
        .wanted = "PID"};
    struct settings settings;
    int status = settings_parse(&settings, &usage, count, arguments);
    if (status >= 0)
        return status;
    int pid = settings_pid("tree", settings.arguments[0]);
    if (pid == 0)
        return TOOL_USAGE;
    style_use(!settings.json && settings_color(&settings, STDOUT_FILENO));
    struct work work;
    status = TOOL_FAILED;
    if (work_ask(&work, &settings, "tree", pid)) {
        struct tree tree = grow(work.analysis, work.symbols);
        print(&tree, settings.json);
        cut(&tree);
        work_end(&work);
        status = TOOL_OK;
    }
    settings_drop(&settings);
    return status;
}
