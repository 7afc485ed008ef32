thread profile: total 8
5 @ 0x55695b47926c
#	blocked, mutex lock, 0.2s, deadlock
#	0x55695b47926c	eats	/src/tests/cases/lock_ring.c:48

1 @ 0x55695b4791fb
#	blocked, mutex lock, 0.2s, stranded
#	0x55695b4791fb	wants_fork	/src/tests/cases/lock_ring.c:55

1 @ 0x55695b4791fb
#	blocked, mutex lock, 0.2s, stranded
#	0x55695b4791fb	wants_fork	/src/tests/cases/lock_ring.c:55

1 @ 0x55695b4791de
#	blocked, thread join, 0.2s, stranded
#	0x55695b4791de	waits_for_guest	/src/tests/cases/lock_ring.c:62

--- Memory map: ---
55695b479000-55695b47a000 r-xp 00000000 00:00 0 /tmp/leakwatch-recorded/cycle
7f2edc733000-7f2edc734542 r-xp 00000000 00:00 0 linux-vdso.so.1
7f2edc6a9000-7f2edc72a838 r-xp 00000000 00:00 0 /work/wt/robust/build/src/libleakwatch.so
7f2edc4e1000-7f2edc637000 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libc.so.6
7f2edc49b000-7f2edc4ba2c8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libgcc_s.so.1
7f2edc736000-7f2edc75c000 r-xp 00000000 00:00 0 /lib64/ld-linux-x86-64.so.2
7f2edc46f000-7f2edc48bb28 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind-x86_64.so.8
7f2edc440000-7f2edc46e018 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/liblzma.so.5
7f2edc424000-7f2edc43fbc8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind.so.8
status 23
