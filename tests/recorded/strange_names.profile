thread profile: total 1
1 @ 0x55ada9f52262
#	blocked, pause, 0.1s, idle
#	0x55ada9f52262	stays	/src/tests/cases/ends.h:9

--- Memory map: ---
55ada9f52000-55ada9f53000 r-xp 00000000 00:00 0 /tmp/leakwatch-recorded/strange_names
7fdad4f42000-7fdad4f43542 r-xp 00000000 00:00 0 linux-vdso.so.1
7fdad4eb8000-7fdad4f39838 r-xp 00000000 00:00 0 /work/wt/robust/build/src/libleakwatch.so
7fdad4cf0000-7fdad4e46000 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libc.so.6
7fdad4caa000-7fdad4cc92c8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libgcc_s.so.1
7fdad4f45000-7fdad4f6b000 r-xp 00000000 00:00 0 /lib64/ld-linux-x86-64.so.2
7fdad4c7e000-7fdad4c9ab28 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind-x86_64.so.8
7fdad4c4f000-7fdad4c7d018 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/liblzma.so.5
7fdad4c33000-7fdad4c4ebc8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind.so.8
status 23
