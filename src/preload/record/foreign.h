/* Files that somebody may have who cannot be seen from here: in a PID namespace of its own (a container) /proc shows no process that is
 * outside of it, and what a program was started with, or received through a socket, may come from there (pid_namespaces(7)). What the
 * program made itself only those have that it gave it to. Outside of such namespaces no file is foreign. */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

/* Notes what the program is started with. From the constructor, before there are threads. */
void foreign_note(void);
/* A message has been received, which may have brought descriptors (unix(7), SCM_RIGHTS). Async-signal-safe, as what follows. */
void foreign_received(const struct msghdr *message);
/* Might somebody outside have the descriptor's file? The members of a set are not looked at. */
bool foreign_might_be(int fd);
/* Is there an outside? */
bool foreign_is_possible(void);
