thread profile: total 6
2 @ 0x55d1096e73c1
#	blocked, barrier wait, 0.1s, suspect
#	0x55d1096e73c1	meets	/src/tests/cases/evidence.c:26

1 @ 0x55d1096e7382
#	blocked, semaphore wait, 0.1s, suspect
#	0x55d1096e7382	takes_shared	/src/tests/cases/evidence.c:35

1 @ 0x55d1096e73a7
#	blocked, semaphore wait, 0.1s, suspect
#	0x55d1096e73a7	takes_two	/src/tests/cases/evidence.c:31

1 @ 0x55d1096e735a
#	blocked, eventfd read, 0.1s, suspect
#	0x55d1096e735a	reads_event	/src/tests/cases/evidence.c:40

1 @ 0x55d1096e7326
#	blocked, pipe read, 0.1s, idle
#	0x55d1096e7326	reads_pipe	/src/tests/cases/evidence.c:46

--- Memory map: ---
55d1096e7000-55d1096e8000 r-xp 00000000 00:00 0 /tmp/leakwatch-recorded/evidence
7f5baaadf000-7f5baaae0542 r-xp 00000000 00:00 0 linux-vdso.so.1
7f5baaa13000-7f5baaad6318 r-xp 00000000 00:00 0 /work/wt/robust/build/src/libleakwatch.so
7f5baa84b000-7f5baa9a1000 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libc.so.6
7f5baa805000-7f5baa8242c8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libgcc_s.so.1
7f5baaae2000-7f5baab08000 r-xp 00000000 00:00 0 /lib64/ld-linux-x86-64.so.2
7f5baa7d9000-7f5baa7f5b28 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind-x86_64.so.8
7f5baa7aa000-7f5baa7d8018 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/liblzma.so.5
7f5baa78e000-7f5baa7a9bc8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind.so.8
status 23
