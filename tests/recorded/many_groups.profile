thread profile: total 8
1 @ 0x55a04d00f50d
#	blocked, child wait, 0.0s, idle
#	0x55a04d00f50d	for_child	/src/tests/cases/more_waits.c:40

1 @ 0x55a04d00f4e2
#	blocked, message queue receive, 0.0s, idle
#	0x55a04d00f4e2	for_message	/src/tests/cases/more_waits.c:48

1 @ 0x55a04d00f4aa
#	blocked, message queue receive, 0.0s, idle
#	0x55a04d00f4aa	for_posix_message	/src/tests/cases/more_waits.c:53

1 @ 0x55a04d00f413
#	blocked, file lock, 0.0s, idle
#	0x55a04d00f413	for_flock	/src/tests/cases/more_waits.c:62

1 @ 0x55a04d00f3f2
#	blocked, file lock, 0.0s, idle
#	0x55a04d00f3f2	for_lockf	/src/tests/cases/more_waits.c:65

1 @ 0x55a04d00f439
#	blocked, accept, 0.0s, idle
#	0x55a04d00f439	for_client	/src/tests/cases/more_waits.c:68

1 @ 0x55a04d00f479
#	blocked, semaphore wait, 0.0s
#	0x55a04d00f479	for_semaphore	/src/tests/cases/more_waits.c:58

1 @ 0x7f41873a8eed 0x7f4187359fb2 0x55a04d00fa0c 0x7f418734524a 0x7f4187345305
#	running
#	0x7f41873a8eec	__pthread_kill_implementation	/lib/x86_64-linux-gnu/libc.so.6+0x8aeec
#	0x7f4187359fb2	raise	/lib/x86_64-linux-gnu/libc.so.6+0x3bfb2
#	0x55a04d00fa0c	main	/src/tests/cases/more_waits.c:106

--- Memory map: ---
55a04d00f000-55a04d010000 r-xp 00000000 00:00 0 /tmp/leakwatch-recorded/many_groups
7f4187596000-7f4187597542 r-xp 00000000 00:00 0 linux-vdso.so.1
7f418750c000-7f418758d838 r-xp 00000000 00:00 0 /work/wt/robust/build/src/libleakwatch.so
7f4187344000-7f418749a000 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libc.so.6
7f41872fe000-7f418731d2c8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libgcc_s.so.1
7f4187599000-7f41875bf000 r-xp 00000000 00:00 0 /lib64/ld-linux-x86-64.so.2
7f41872d2000-7f41872eeb28 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind-x86_64.so.8
7f41872a3000-7f41872d1018 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/liblzma.so.5
7f4187287000-7f41872a2bc8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind.so.8
status 0
