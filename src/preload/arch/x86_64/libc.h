/* glibc and the vDSO on x86-64. */
#pragma once

/* The first version of glibc here: of a symbol that was there from the start and has changed since. */
#define GLIBC_FIRST "GLIBC_2.2.5"

/* Conditions have another layout since the second, and are in glibc twice (nptl/pthread_cond_wait.c, nptl/old_pthread_cond_wait.c).
 */
#define CONDITIONS_NOW    "GLIBC_2.3.2"
#define CONDITIONS_OF_OLD GLIBC_FIRST

/* vdso(7): the object's name, the clock's, and the version of it. */
#define VDSO_OBJECT  "linux-vdso.so.1"
#define VDSO_CLOCK   "__vdso_clock_gettime"
#define VDSO_VERSION "LINUX_2.6"

/* A spin lock that nobody has taken; 0 and below are taken (sysdeps/x86_64/nptl/pthread_spin_unlock.S). */
enum { SPIN_FREE = 1 };
