thread profile: total 1
1 @ 0x5636f23c11ca
#	blocked, cond wait, 0.1s, suspect
#	0x5636f23c11ca	waits	/src/tests/cases/lost_wake_up.c:25

--- Memory map: ---
5636f23c1000-5636f23c2000 r-xp 00000000 00:00 0 /tmp/leakwatch-recorded/lost_wake_up
7f9b098fa000-7f9b098fb542 r-xp 00000000 00:00 0 linux-vdso.so.1
7f9b09870000-7f9b098f1838 r-xp 00000000 00:00 0 /work/wt/robust/build/src/libleakwatch.so
7f9b096a8000-7f9b097fe000 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libc.so.6
7f9b09662000-7f9b096812c8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libgcc_s.so.1
7f9b098fd000-7f9b09923000 r-xp 00000000 00:00 0 /lib64/ld-linux-x86-64.so.2
7f9b09636000-7f9b09652b28 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind-x86_64.so.8
7f9b09607000-7f9b09635018 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/liblzma.so.5
7f9b095eb000-7f9b09606bc8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind.so.8
status 23
