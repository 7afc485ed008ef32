thread profile: total 1
1 @ 0x55eae61041ca
#	blocked, cond wait, 0.1s, suspect
#	0x55eae61041ca	waits	/src/tests/cases/lost_wake_up.c:25

--- Memory map: ---
55eae6104000-55eae6105000 r-xp 00000000 00:00 0 /tmp/leakwatch-recorded/lost_wake_up
7efc05cc5000-7efc05cc6542 r-xp 00000000 00:00 0 linux-vdso.so.1
7efc05bf9000-7efc05cbc318 r-xp 00000000 00:00 0 /work/wt/robust/build/src/libleakwatch.so
7efc05a31000-7efc05b87000 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libc.so.6
7efc059eb000-7efc05a0a2c8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libgcc_s.so.1
7efc05cc8000-7efc05cee000 r-xp 00000000 00:00 0 /lib64/ld-linux-x86-64.so.2
7efc059bf000-7efc059dbb28 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind-x86_64.so.8
7efc05990000-7efc059be018 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/liblzma.so.5
7efc05974000-7efc0598fbc8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind.so.8
status 23
