thread profile: total 2
1 @ 0x5625f80f11eb
#	blocked, rwlock write lock, 0.2s, deadlock
#	0x5625f80f11eb	writes	/src/tests/cases/writer_starves.c:31

1 @ 0x5625f80f1227
#	blocked, rwlock read lock, 0.1s, deadlock
#	0x5625f80f1227	reads_twice	/src/tests/cases/writer_starves.c:23

--- Memory map: ---
5625f80f1000-5625f80f2000 r-xp 00000000 00:00 0 /tmp/leakwatch-recorded/writer_starves
7f3f70648000-7f3f70649542 r-xp 00000000 00:00 0 linux-vdso.so.1
7f3f705be000-7f3f7063f838 r-xp 00000000 00:00 0 /work/wt/robust/build/src/libleakwatch.so
7f3f703f6000-7f3f7054c000 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libc.so.6
7f3f703b0000-7f3f703cf2c8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libgcc_s.so.1
7f3f7064b000-7f3f70671000 r-xp 00000000 00:00 0 /lib64/ld-linux-x86-64.so.2
7f3f70384000-7f3f703a0b28 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind-x86_64.so.8
7f3f70355000-7f3f70383018 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/liblzma.so.5
7f3f70339000-7f3f70354bc8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind.so.8
status 23
