thread profile: total 6
2 @ 0x556e9f98d3c1
#	blocked, barrier wait, 0.1s, suspect
#	0x556e9f98d3c1	meets	/src/tests/cases/evidence.c:26

1 @ 0x556e9f98d382
#	blocked, semaphore wait, 0.1s, suspect
#	0x556e9f98d382	takes_shared	/src/tests/cases/evidence.c:35

1 @ 0x556e9f98d35a
#	blocked, eventfd read, 0.1s, suspect
#	0x556e9f98d35a	reads_event	/src/tests/cases/evidence.c:40

1 @ 0x556e9f98d3a7
#	blocked, semaphore wait, 0.1s, suspect
#	0x556e9f98d3a7	takes_two	/src/tests/cases/evidence.c:31

1 @ 0x556e9f98d326
#	blocked, pipe read, 0.1s, idle
#	0x556e9f98d326	reads_pipe	/src/tests/cases/evidence.c:46

--- Memory map: ---
556e9f98d000-556e9f98e000 r-xp 00000000 00:00 0 /tmp/leakwatch-recorded/evidence
7fb847f66000-7fb847f67542 r-xp 00000000 00:00 0 linux-vdso.so.1
7fb847edc000-7fb847f5d838 r-xp 00000000 00:00 0 /work/wt/robust/build/src/libleakwatch.so
7fb847d14000-7fb847e6a000 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libc.so.6
7fb847cce000-7fb847ced2c8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libgcc_s.so.1
7fb847f69000-7fb847f8f000 r-xp 00000000 00:00 0 /lib64/ld-linux-x86-64.so.2
7fb847ca2000-7fb847cbeb28 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind-x86_64.so.8
7fb847c73000-7fb847ca1018 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/liblzma.so.5
7fb847c57000-7fb847c72bc8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind.so.8
status 23
