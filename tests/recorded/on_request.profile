thread profile: total 2
1 @ 0x56432b1fb314
#	blocked, mutex lock, 0.1s, suspect
#	0x56432b1fb314	wants	/src/tests/cases/on_signal.c:31

1 @ 0x56432b1fb6df 0x7fafc74ae24a 0x7fafc74ae305
#	waiting, poll, 0.0s, idle
#	0x56432b1fb6df	main	/src/tests/cases/on_signal.c:58

--- Memory map: ---
56432b1fb000-56432b1fc000 r-xp 00000000 00:00 0 /tmp/leakwatch-recorded/on_request
7fafc7741000-7fafc7742542 r-xp 00000000 00:00 0 linux-vdso.so.1
7fafc7675000-7fafc7738318 r-xp 00000000 00:00 0 /work/wt/robust/build/src/libleakwatch.so
7fafc74ad000-7fafc7603000 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libc.so.6
7fafc7467000-7fafc74862c8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libgcc_s.so.1
7fafc7744000-7fafc776a000 r-xp 00000000 00:00 0 /lib64/ld-linux-x86-64.so.2
7fafc743b000-7fafc7457b28 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind-x86_64.so.8
7fafc740c000-7fafc743a018 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/liblzma.so.5
7fafc73f0000-7fafc740bbc8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind.so.8
status 0
