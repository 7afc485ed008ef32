thread profile: total 3
1 @ 0x55895006d382
#	blocked, semaphore wait, 0.1s, suspect
#	0x55895006d382	takes_shared	/src/tests/cases/evidence.c:35

1 @ 0x55895006d35a
#	blocked, eventfd read, 0.1s, suspect
#	0x55895006d35a	reads_event	/src/tests/cases/evidence.c:40

1 @ 0x55895006d326
#	blocked, pipe read, 0.1s, idle
#	0x55895006d326	reads_pipe	/src/tests/cases/evidence.c:46

--- Memory map: ---
55895006d000-55895006e000 r-xp 00000000 00:00 0 /tmp/leakwatch-recorded/suppressed
7f14eabb6000-7f14eabb7542 r-xp 00000000 00:00 0 linux-vdso.so.1
7f14eaaea000-7f14eabad318 r-xp 00000000 00:00 0 /work/wt/robust/build/src/libleakwatch.so
7f14ea922000-7f14eaa78000 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libc.so.6
7f14ea8dc000-7f14ea8fb2c8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libgcc_s.so.1
7f14eabb9000-7f14eabdf000 r-xp 00000000 00:00 0 /lib64/ld-linux-x86-64.so.2
7f14ea8b0000-7f14ea8ccb28 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind-x86_64.so.8
7f14ea881000-7f14ea8af018 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/liblzma.so.5
7f14ea865000-7f14ea880bc8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind.so.8
status 23
