thread profile: total 2
1 @ 0x5596a982f2bc 0x5596a982f460 0x7f60074c024a 0x7f60074c0305
#	blocked, cond wait, 0.2s, suspect
#	0x5596a982f2bc	queue_receive	/src/tests/cases/queue.h:42
#	0x5596a982f460	main	/src/tests/cases/nobody_left.c:42

1 @ 0x7f600751ef15 0x7f60075215d8 0x5596a982f2bc 0x5596a982f36b
#	running
#	0x7f600751ef14	__futex_abstimed_wait_common	/lib/x86_64-linux-gnu/libc.so.6+0x85f14
#	0x7f60075215d8	pthread_cond_wait@@GLIBC_2.3.2	/lib/x86_64-linux-gnu/libc.so.6+0x885d8
#	0x5596a982f2bc	queue_receive	/src/tests/cases/queue.h:42
#	0x5596a982f36b	works	/src/tests/cases/nobody_left.c:23

--- Memory map: ---
5596a982f000-5596a9830000 r-xp 00000000 00:00 0 /tmp/leakwatch-recorded/all_asleep
7f6007753000-7f6007754542 r-xp 00000000 00:00 0 linux-vdso.so.1
7f6007687000-7f600774a318 r-xp 00000000 00:00 0 /work/wt/robust/build/src/libleakwatch.so
7f60074bf000-7f6007615000 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libc.so.6
7f6007479000-7f60074982c8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libgcc_s.so.1
7f6007756000-7f600777c000 r-xp 00000000 00:00 0 /lib64/ld-linux-x86-64.so.2
7f600744d000-7f6007469b28 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind-x86_64.so.8
7f600741e000-7f600744c018 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/liblzma.so.5
7f6007402000-7f600741dbc8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind.so.8
status 0
