/* What a thread waits for, put into its entry of the snapshot: kind, object or descriptor, owner, deadline.
 */
#pragma once

#include "observation.h"
#include "rt/clock.h"
#include "shared/snapshot_writer.h"

/* As its wait record tells. now: as of which marks are read. */
void describe_recorded_wait(struct snapshot_writer *writer, struct lw_snapshot_thread *thread,
                            const struct observation *seen, struct clock_reading now);
/* What the arguments of a system call tell, whether it was made through syscall() or where no wrapper sees.
 */
void describe_system_call(struct snapshot_writer *writer, struct lw_snapshot_thread *thread,
                          const struct kernel_state *kernel);
/* What one capture has read of a descriptor it does not read again, until this forgets it. */
void describe_wait_forget(void);
