#include "signal_frames.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "shared/signal_name.h"
#include "shared/snapshot.h"

const char *signal_frame_name(int signal) {
    static char words[LW_FRAME_SIGNALS][24];
    const char *name = signal_name(signal);
    char *made = words[signal];
    if (name)
        snprintf(made, sizeof *words, "<signal SIG%s>", name);
    else
        snprintf(made, sizeof *words, signal ? "<signal %d>" : "<signal>", signal);
    return made;
}
