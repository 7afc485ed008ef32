thread profile: total 1
1 @ 0x55a54446c199 0x55a54446c1c0
#	blocked, mutex lock, 0.1s, deadlock
#	0x55a54446c199	log_line	/src/tests/cases/relock.c:22
#	0x55a54446c1c0	flush	/src/tests/cases/relock.c:32

--- Memory map: ---
55a54446c000-55a54446d000 r-xp 00000000 00:00 0 /tmp/leakwatch-recorded/relocked
7fa46d971000-7fa46d972542 r-xp 00000000 00:00 0 linux-vdso.so.1
7fa46d8a5000-7fa46d968318 r-xp 00000000 00:00 0 /work/wt/robust/build/src/libleakwatch.so
7fa46d6dd000-7fa46d833000 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libc.so.6
7fa46d697000-7fa46d6b62c8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libgcc_s.so.1
7fa46d974000-7fa46d99a000 r-xp 00000000 00:00 0 /lib64/ld-linux-x86-64.so.2
7fa46d66b000-7fa46d687b28 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind-x86_64.so.8
7fa46d63c000-7fa46d66a018 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/liblzma.so.5
7fa46d620000-7fa46d63bbc8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind.so.8
status 23
