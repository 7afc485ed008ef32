thread profile: total 2
1 @ 0x559ccb1341d2
#	blocked, mutex lock, 0.1s, deadlock
#	0x559ccb1341d2	wants	/src/tests/cases/owner_gone.c:60

1 @ 0x559ccb1341d2
#	blocked, mutex lock, 0.1s, deadlock
#	0x559ccb1341d2	wants	/src/tests/cases/owner_gone.c:60

--- Memory map: ---
559ccb134000-559ccb135000 r-xp 00000000 00:00 0 /tmp/leakwatch-recorded/owner_gone
7fa980ad6000-7fa980ad7542 r-xp 00000000 00:00 0 linux-vdso.so.1
7fa980a0a000-7fa980acd318 r-xp 00000000 00:00 0 /work/wt/robust/build/src/libleakwatch.so
7fa980842000-7fa980998000 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libc.so.6
7fa9807fc000-7fa98081b2c8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libgcc_s.so.1
7fa980ad9000-7fa980aff000 r-xp 00000000 00:00 0 /lib64/ld-linux-x86-64.so.2
7fa9807d0000-7fa9807ecb28 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind-x86_64.so.8
7fa9807a1000-7fa9807cf018 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/liblzma.so.5
7fa980785000-7fa9807a0bc8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind.so.8
status 23
