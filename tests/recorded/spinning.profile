thread profile: total 3
1 @ 0x55baaa5551e5
#	spinning, spin lock, 0.6s, suspect
#	0x55baaa5551e5	wants	/src/tests/cases/spinning.c:34

1 @ 0x55baaa55520c
#	blocked, pause, 0.7s, idle
#	0x55baaa55520c	holds	/src/tests/cases/spinning.c:44

1 @ 0x55baaa5551a0 0x55baaa5551c0
#	spinning
#	0x55baaa55519f	never_ends	/src/tests/cases/spinning.c:22
#	0x55baaa5551c0	works	/src/tests/cases/spinning.c:30

--- Memory map: ---
55baaa555000-55baaa556000 r-xp 00000000 00:00 0 /tmp/leakwatch-recorded/spinning
7fb5f839b000-7fb5f839c542 r-xp 00000000 00:00 0 linux-vdso.so.1
7fb5f82cf000-7fb5f8392318 r-xp 00000000 00:00 0 /work/wt/robust/build/src/libleakwatch.so
7fb5f8107000-7fb5f825d000 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libc.so.6
7fb5f80c1000-7fb5f80e02c8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libgcc_s.so.1
7fb5f839e000-7fb5f83c4000 r-xp 00000000 00:00 0 /lib64/ld-linux-x86-64.so.2
7fb5f8095000-7fb5f80b1b28 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind-x86_64.so.8
7fb5f8066000-7fb5f8094018 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/liblzma.so.5
7fb5f804a000-7fb5f8065bc8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind.so.8
status 23
