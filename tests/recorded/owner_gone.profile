thread profile: total 2
1 @ 0x564db3dd01d2
#	blocked, mutex lock, 0.2s, deadlock
#	0x564db3dd01d2	wants	/src/tests/cases/owner_gone.c:60

1 @ 0x564db3dd01d2
#	blocked, mutex lock, 0.2s, deadlock
#	0x564db3dd01d2	wants	/src/tests/cases/owner_gone.c:60

--- Memory map: ---
564db3dd0000-564db3dd1000 r-xp 00000000 00:00 0 /tmp/leakwatch-recorded/owner_gone
7fee15fd1000-7fee15fd2542 r-xp 00000000 00:00 0 linux-vdso.so.1
7fee15f47000-7fee15fc8838 r-xp 00000000 00:00 0 /work/wt/robust/build/src/libleakwatch.so
7fee15d7f000-7fee15ed5000 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libc.so.6
7fee15d39000-7fee15d582c8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libgcc_s.so.1
7fee15fd4000-7fee15ffa000 r-xp 00000000 00:00 0 /lib64/ld-linux-x86-64.so.2
7fee15d0d000-7fee15d29b28 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind-x86_64.so.8
7fee15cde000-7fee15d0c018 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/liblzma.so.5
7fee15cc2000-7fee15cddbc8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind.so.8
status 23
