thread profile: total 2
1 @ 0x55e65ecf91eb
#	blocked, rwlock write lock, 0.2s, deadlock
#	0x55e65ecf91eb	writes	/src/tests/cases/writer_starves.c:31

1 @ 0x55e65ecf9227
#	blocked, rwlock read lock, 0.1s, deadlock
#	0x55e65ecf9227	reads_twice	/src/tests/cases/writer_starves.c:23

--- Memory map: ---
55e65ecf9000-55e65ecfa000 r-xp 00000000 00:00 0 /tmp/leakwatch-recorded/writer_starves
7f9e5bcb8000-7f9e5bcb9542 r-xp 00000000 00:00 0 linux-vdso.so.1
7f9e5bbec000-7f9e5bcaf318 r-xp 00000000 00:00 0 /work/wt/robust/build/src/libleakwatch.so
7f9e5ba24000-7f9e5bb7a000 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libc.so.6
7f9e5b9de000-7f9e5b9fd2c8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libgcc_s.so.1
7f9e5bcbb000-7f9e5bce1000 r-xp 00000000 00:00 0 /lib64/ld-linux-x86-64.so.2
7f9e5b9b2000-7f9e5b9ceb28 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind-x86_64.so.8
7f9e5b983000-7f9e5b9b1018 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/liblzma.so.5
7f9e5b967000-7f9e5b982bc8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind.so.8
status 23
