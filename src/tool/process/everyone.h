/* Looks into all processes for descriptors, at one moment as it were: one is looked into after the other, and what they hand on to each other
 * meanwhile (SCM_RIGHTS, unix(7)) would be met with nobody. */
#pragma once

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inodes {
    uint64_t *of;
    size_t count, room;
    bool failed; /* no memory: some are missing */
    bool laden;  /* one of these sockets carries a descriptor */
};
void inodes_put(struct inodes *inodes, uint64_t inode);

/* As socket_carries (descriptor_file.h) has it. inode: the socket's, which is put if it is a UNIX socket. */
bool inodes_put_socket(struct inodes *inodes, uint64_t inode, int proc, int pid, int fd, bool inside);

struct everyone {
    /* Looks into a process, and puts its UNIX sockets. */
    void (*look)(void *context, int pid, struct inodes *sockets);
    /* All are looked into from the start: what has been met stands, what was on its way may be there by now. */
    void (*again)(void *context);
    /* Is all known that matters? */
    bool (*is_over)(const void *context);
    void *context;
    int watched;  /* which sleeps: others judge that; 0: none */
    bool patient; /* until none could have been missed; else once */
};

/* False: in any of many looks, some process could have handed on a descriptor unseen; its name is in `restless`. proc: of /proc. This process is
 * not looked into. */
bool everyone_look(DIR *proc, const struct everyone *everyone, char restless[64]);
