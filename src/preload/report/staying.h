/* Processes between the program and the tool that stay for as long as the tool runs (launch.c). They run in the program's memory, and
 * nothing of the program. */
#pragma once

#include <stdbool.h>

/* Its stack is in use until it ends. */
void staying_add(int pid, char *stack);
bool staying_has(int pid);
/* Reaps those that have ended. Returns the stack of one, or NULL; has_stack: none is wanted. */
char *staying_end(bool has_stack);
