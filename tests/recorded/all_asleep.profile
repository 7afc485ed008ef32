thread profile: total 2
1 @ 0x560124e842bc 0x560124e8436b
#	blocked, cond wait, 0.2s, deadlock
#	0x560124e842bc	queue_receive	/src/tests/cases/queue.h:42
#	0x560124e8436b	works	/src/tests/cases/nobody_left.c:23

1 @ 0x560124e842bc 0x560124e84460 0x7f97fd8d224a 0x7f97fd8d2305
#	blocked, cond wait, 0.2s, deadlock
#	0x560124e842bc	queue_receive	/src/tests/cases/queue.h:42
#	0x560124e84460	main	/src/tests/cases/nobody_left.c:42

--- Memory map: ---
560124e84000-560124e85000 r-xp 00000000 00:00 0 /tmp/leakwatch-recorded/all_asleep
7f97fdb23000-7f97fdb24542 r-xp 00000000 00:00 0 linux-vdso.so.1
7f97fda99000-7f97fdb1a838 r-xp 00000000 00:00 0 /work/wt/robust/build/src/libleakwatch.so
7f97fd8d1000-7f97fda27000 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libc.so.6
7f97fd88b000-7f97fd8aa2c8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libgcc_s.so.1
7f97fdb26000-7f97fdb4c000 r-xp 00000000 00:00 0 /lib64/ld-linux-x86-64.so.2
7f97fd85f000-7f97fd87bb28 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind-x86_64.so.8
7f97fd830000-7f97fd85e018 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/liblzma.so.5
7f97fd814000-7f97fd82fbc8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind.so.8
status 0
