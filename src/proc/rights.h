/* Why a process cannot be looked into, and what to do about it. */
#pragma once

/* state: of /proc/PID/stat; error: what the attempt failed with. */
void rights_say(int pid, char state, int error, char why[256]);
