/* Names of system calls by number, from the kernel's header of the machine that this was built on. */
#pragma once

/* NULL if there is no such call. */
const char *syscall_name(long long number);
