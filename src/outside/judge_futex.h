/* A wait on a futex: which object of libc's has it, and who that is owned by. */
#pragma once

#include "calls.h"
#include "judge.h"
#include "shared/libc_objects.h"

/* Where struct pthread has the thread's number in glibc from 2.8 on for this processor, should libc not tell (nptl/descr.h). */
enum { PTHREAD_TID_AT = 0x2d0, PTHREAD_SIZE_MAX = 0x4000 };

/* known: what was called, by the frames; NULL: not told. by_shape: then it may be a mutex, if it looks like one. */
void judge_futex(struct judge *judge, const struct target_thread *from, const struct known_call *known,
                 bool by_shape, struct lw_snapshot_thread *thread);

/* Was the wait found to be for an object of musl's, and is it still so? */
bool judge_futex_is_musl(const struct judge *judge, const struct lw_snapshot_thread *thread);
bool judge_futex_is_same(const struct judge *judge, const struct lw_snapshot_thread *thread);

/* The thread that has a stream locked now; 0 if none or that cannot be read. */
int32_t judge_stream_owner(const struct judge *judge, uint64_t stream);
