#include "summary.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "lines.h"
#include "shared/signal_name.h"

static void put_count(FILE *out, bool *first, size_t count, const char *what, bool counted) {
    if (count == 0)
        return;
    fprintf(out, "%s%zu %s%s", *first ? "; " : ", ", count, what, counted ? lines_plural(count) : "");
    *first = false;
}

void summary_put(FILE *out, const struct analysis *analysis) {
    const struct lw_snapshot_header *header = analysis->snapshot->header;
    const struct counts *counts = &analysis->counts;
    bool first = true;
    if (analysis->judges)
        fprintf(out, "leakwatch: %zu leaked thread%s", counts->leaked, lines_plural(counts->leaked));
    else
        fprintf(out, "leakwatch: %zu thread%s", counts->threads, lines_plural(counts->threads));
    fputs(" in ", out);
    lines_clean(out, lines_words(analysis, header->program));
    fprintf(out, " (pid %d) ", header->pid);
    if (header->signal && signal_name(header->signal))
        fprintf(out, "on SIG%s", signal_name(header->signal));
    else if (header->signal)
        fprintf(out, "on signal %d", header->signal);
    else
        fputs(trigger_words(header->trigger), out);
    if (header->requests > 1)
        fprintf(out, " (sent %" PRIu64 " times)", header->requests);
    if (analysis->judges) {
        put_count(out, &first, counts->threads, "live", false);
    } else {
        put_count(out, &first, counts->by_state[LW_STATE_BLOCKED], "blocked", false);
        put_count(out, &first, counts->by_state[LW_STATE_WAITING], "waiting", false);
        put_count(out, &first, counts->by_state[LW_STATE_RUNNING], "running", false);
        put_count(out, &first, counts->by_state[LW_STATE_SPINNING], "spinning", false);
        if (counts->polling > 0)
            fprintf(out, " (%zu of them polling)", counts->polling);
    }
    put_count(out, &first, counts->unjoined, "never joined", false);
    put_count(out, &first, counts->suppressed, "suppressed", false);
    put_count(out, &first, counts->deadlocks, "deadlock", true);
}

void summary_put_incomplete(FILE *out, const struct analysis *analysis) {
    const struct lw_snapshot_header *header = analysis->snapshot->header;
    fputc('\n', out);
    if (header->flags & LW_PROCESS_OUTSIDE)
        fputs("leakwatch: created before leakwatch: who created the threads, who signalled what and who "
              "holds what was not noted\n",
              out);
    if (header->incomplete) {
        fputs("leakwatch: incomplete: ", out);
        lines_clean(out, lines_words(analysis, header->incomplete));
        fputc('\n', out);
    }
    if (header->lost)
        fprintf(out, "leakwatch: incomplete: no memory for the records of %" PRIu64 " threads\n",
                header->lost);
}
