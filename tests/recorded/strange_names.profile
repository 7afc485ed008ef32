thread profile: total 1
1 @ 0x5608aaaec262
#	blocked, pause, 0.1s, idle
#	0x5608aaaec262	stays	/src/tests/cases/ends.h:9

--- Memory map: ---
5608aaaec000-5608aaaed000 r-xp 00000000 00:00 0 /tmp/leakwatch-recorded/strange_names
7f04ead92000-7f04ead93542 r-xp 00000000 00:00 0 linux-vdso.so.1
7f04eacc6000-7f04ead89318 r-xp 00000000 00:00 0 /work/wt/robust/build/src/libleakwatch.so
7f04eaafe000-7f04eac54000 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libc.so.6
7f04eaab8000-7f04eaad72c8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libgcc_s.so.1
7f04ead95000-7f04eadbb000 r-xp 00000000 00:00 0 /lib64/ld-linux-x86-64.so.2
7f04eaa8c000-7f04eaaa8b28 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind-x86_64.so.8
7f04eaa5d000-7f04eaa8b018 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/liblzma.so.5
7f04eaa41000-7f04eaa5cbc8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind.so.8
status 23
