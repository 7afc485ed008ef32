/* What a frame is called at which the kernel called a handler. */
#pragma once

/* "<signal SIGUSR2>"; signal 0: of which is not known. Kept. */
const char *signal_frame_name(int signal);
