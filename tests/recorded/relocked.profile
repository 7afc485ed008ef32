thread profile: total 1
1 @ 0x557e0a1c4199 0x557e0a1c41c0
#	blocked, mutex lock, 0.1s, deadlock
#	0x557e0a1c4199	log_line	/src/tests/cases/relock.c:22
#	0x557e0a1c41c0	flush	/src/tests/cases/relock.c:32

--- Memory map: ---
557e0a1c4000-557e0a1c5000 r-xp 00000000 00:00 0 /tmp/leakwatch-recorded/relocked
7f3be3e07000-7f3be3e08542 r-xp 00000000 00:00 0 linux-vdso.so.1
7f3be3d7d000-7f3be3dfe838 r-xp 00000000 00:00 0 /work/wt/robust/build/src/libleakwatch.so
7f3be3bb5000-7f3be3d0b000 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libc.so.6
7f3be3b6f000-7f3be3b8e2c8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libgcc_s.so.1
7f3be3e0a000-7f3be3e30000 r-xp 00000000 00:00 0 /lib64/ld-linux-x86-64.so.2
7f3be3b43000-7f3be3b5fb28 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind-x86_64.so.8
7f3be3b14000-7f3be3b42018 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/liblzma.so.5
7f3be3af8000-7f3be3b13bc8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind.so.8
status 23
