/* Names of signals, for every libc: sigabbrev_np(3) is not in all of them. */
#pragma once

/* "USR2"; NULL for one that has no name (those from 32 on). */
const char *signal_name(int signal);
