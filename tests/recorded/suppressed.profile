thread profile: total 3
1 @ 0x56353cf9c382
#	blocked, semaphore wait, 0.1s, suspect
#	0x56353cf9c382	takes_shared	/src/tests/cases/evidence.c:35

1 @ 0x56353cf9c35a
#	blocked, eventfd read, 0.1s, suspect
#	0x56353cf9c35a	reads_event	/src/tests/cases/evidence.c:40

1 @ 0x56353cf9c326
#	blocked, pipe read, 0.1s, idle
#	0x56353cf9c326	reads_pipe	/src/tests/cases/evidence.c:46

--- Memory map: ---
56353cf9c000-56353cf9d000 r-xp 00000000 00:00 0 /tmp/leakwatch-recorded/suppressed
7f7a29259000-7f7a2925a542 r-xp 00000000 00:00 0 linux-vdso.so.1
7f7a291cf000-7f7a29250838 r-xp 00000000 00:00 0 /work/wt/robust/build/src/libleakwatch.so
7f7a29007000-7f7a2915d000 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libc.so.6
7f7a28fc1000-7f7a28fe02c8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libgcc_s.so.1
7f7a2925c000-7f7a29282000 r-xp 00000000 00:00 0 /lib64/ld-linux-x86-64.so.2
7f7a28f95000-7f7a28fb1b28 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind-x86_64.so.8
7f7a28f66000-7f7a28f94018 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/liblzma.so.5
7f7a28f4a000-7f7a28f65bc8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind.so.8
status 23
