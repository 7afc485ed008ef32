/* glibc and the vDSO on aarch64. */
#pragma once

/* The first version of glibc here (sysdeps/unix/sysv/linux/aarch64/shlib-versions). */
#define GLIBC_FIRST "GLIBC_2.17"

/* Conditions never had another layout: no CONDITIONS_OF_OLD. */
#define CONDITIONS_NOW GLIBC_FIRST

/* vdso(7). */
#define VDSO_OBJECT  "linux-vdso.so.1"
#define VDSO_CLOCK   "__kernel_clock_gettime"
#define VDSO_VERSION "LINUX_2.6.39"

/* A spin lock that nobody has taken (nptl/pthread_spin_unlock.c, which this processor shares with most). */
enum { SPIN_FREE = 0 };
