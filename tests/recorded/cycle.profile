thread profile: total 6
5 @ 0x561770dfc26c
#	blocked, mutex lock, 0.1s, deadlock
#	0x561770dfc26c	eats	/src/tests/cases/lock_ring.c:48

1 @ 0x561770dfc1fb
#	blocked, mutex lock, 0.1s, stranded
#	0x561770dfc1fb	wants_fork	/src/tests/cases/lock_ring.c:55

--- Memory map: ---
561770dfc000-561770dfd000 r-xp 00000000 00:00 0 /tmp/leakwatch-recorded/cycle
7fea87015000-7fea87016542 r-xp 00000000 00:00 0 linux-vdso.so.1
7fea86f49000-7fea8700c318 r-xp 00000000 00:00 0 /work/wt/robust/build/src/libleakwatch.so
7fea86d81000-7fea86ed7000 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libc.so.6
7fea86d3b000-7fea86d5a2c8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libgcc_s.so.1
7fea87018000-7fea8703e000 r-xp 00000000 00:00 0 /lib64/ld-linux-x86-64.so.2
7fea86d0f000-7fea86d2bb28 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind-x86_64.so.8
7fea86ce0000-7fea86d0e018 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/liblzma.so.5
7fea86cc4000-7fea86cdfbc8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind.so.8
status 23
