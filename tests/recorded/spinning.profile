thread profile: total 3
1 @ 0x55ffcc04c1e5
#	spinning, spin lock, 0.6s, suspect
#	0x55ffcc04c1e5	wants	/src/tests/cases/spinning.c:34

1 @ 0x55ffcc04c20c
#	blocked, pause, 0.7s, idle
#	0x55ffcc04c20c	holds	/src/tests/cases/spinning.c:44

1 @ 0x55ffcc04c198 0x55ffcc04c1c0
#	spinning
#	0x55ffcc04c197	never_ends	/src/tests/cases/spinning.c:22
#	0x55ffcc04c1c0	works	/src/tests/cases/spinning.c:30

--- Memory map: ---
55ffcc04c000-55ffcc04d000 r-xp 00000000 00:00 0 /tmp/leakwatch-recorded/spinning
7f76faffb000-7f76faffc542 r-xp 00000000 00:00 0 linux-vdso.so.1
7f76faf71000-7f76faff2838 r-xp 00000000 00:00 0 /work/wt/robust/build/src/libleakwatch.so
7f76fada9000-7f76faeff000 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libc.so.6
7f76fad63000-7f76fad822c8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libgcc_s.so.1
7f76faffe000-7f76fb024000 r-xp 00000000 00:00 0 /lib64/ld-linux-x86-64.so.2
7f76fad37000-7f76fad53b28 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind-x86_64.so.8
7f76fad08000-7f76fad36018 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/liblzma.so.5
7f76facec000-7f76fad07bc8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind.so.8
status 23
