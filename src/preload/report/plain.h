/* The report without the tool: thread, wait, module+offset, as plain lines. Inside the watched program. */
#pragma once

/* snapshot: complete, of this process. log: path to append to, empty for stderr. why: the reason there is no
 * tool. Returns 1 if threads are left that were not there when the program began, else 0. */
int plain_list(const void *snapshot, const char *log, const char *why);
