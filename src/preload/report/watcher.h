/* The watcher: a thread of the shim's own, made only if an option asks for what nobody else can do, which is
 * to look at a program in which nothing happens. It takes no signal, is in no report, and does not keep the
 * process alive. */
#pragma once

/* Starts it if an option wants it. Once, before main or with the first thread; again in a forked child when
 * that makes a thread. */
void watcher_start(void);

void watcher_forked(void);
