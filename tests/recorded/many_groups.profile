thread profile: total 8
1 @ 0x558005b9e50d
#	blocked, child wait, 0.0s, idle
#	0x558005b9e50d	for_child	/src/tests/cases/more_waits.c:40

1 @ 0x558005b9e4e2
#	blocked, message queue receive, 0.0s, idle
#	0x558005b9e4e2	for_message	/src/tests/cases/more_waits.c:48

1 @ 0x558005b9e4aa
#	blocked, message queue receive, 0.0s, idle
#	0x558005b9e4aa	for_posix_message	/src/tests/cases/more_waits.c:53

1 @ 0x558005b9e413
#	blocked, file lock, 0.0s, idle
#	0x558005b9e413	for_flock	/src/tests/cases/more_waits.c:62

1 @ 0x558005b9e3f2
#	blocked, file lock, 0.0s, idle
#	0x558005b9e3f2	for_lockf	/src/tests/cases/more_waits.c:65

1 @ 0x558005b9e439
#	blocked, accept, 0.0s, idle
#	0x558005b9e439	for_client	/src/tests/cases/more_waits.c:68

1 @ 0x558005b9e479
#	blocked, semaphore wait, 0.0s
#	0x558005b9e479	for_semaphore	/src/tests/cases/more_waits.c:58

1 @ 0x7f33bfe45eed 0x7f33bfdf6fb2 0x558005b9ea0c 0x7f33bfde224a 0x7f33bfde2305
#	running
#	0x7f33bfe45eec	__pthread_kill_implementation	/lib/x86_64-linux-gnu/libc.so.6+0x8aeec
#	0x7f33bfdf6fb2	raise	/lib/x86_64-linux-gnu/libc.so.6+0x3bfb2
#	0x558005b9ea0c	main	/src/tests/cases/more_waits.c:106

--- Memory map: ---
558005b9e000-558005b9f000 r-xp 00000000 00:00 0 /tmp/leakwatch-recorded/many_groups
7f33c0075000-7f33c0076542 r-xp 00000000 00:00 0 linux-vdso.so.1
7f33bffa9000-7f33c006c318 r-xp 00000000 00:00 0 /work/wt/robust/build/src/libleakwatch.so
7f33bfde1000-7f33bff37000 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libc.so.6
7f33bfd9b000-7f33bfdba2c8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libgcc_s.so.1
7f33c0078000-7f33c009e000 r-xp 00000000 00:00 0 /lib64/ld-linux-x86-64.so.2
7f33bfd6f000-7f33bfd8bb28 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind-x86_64.so.8
7f33bfd40000-7f33bfd6e018 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/liblzma.so.5
7f33bfd24000-7f33bfd3fbc8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind.so.8
status 0
