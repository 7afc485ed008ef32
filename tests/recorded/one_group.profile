thread profile: total 8
8 @ 0x5597f40a5222 0x5597f40a5271
#	blocked, cond wait, 0.1s, suspect
#	0x5597f40a5222	queue_send	/src/tests/cases/queue.h:30
#	0x5597f40a5271	replica	/src/tests/cases/first_answer_wins.c:22

--- Memory map: ---
5597f40a5000-5597f40a6000 r-xp 00000000 00:00 0 /tmp/leakwatch-recorded/one_group
7fb1c1ae9000-7fb1c1aea542 r-xp 00000000 00:00 0 linux-vdso.so.1
7fb1c1a1d000-7fb1c1ae0318 r-xp 00000000 00:00 0 /work/wt/robust/build/src/libleakwatch.so
7fb1c1855000-7fb1c19ab000 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libc.so.6
7fb1c180f000-7fb1c182e2c8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libgcc_s.so.1
7fb1c1aec000-7fb1c1b12000 r-xp 00000000 00:00 0 /lib64/ld-linux-x86-64.so.2
7fb1c17e3000-7fb1c17ffb28 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind-x86_64.so.8
7fb1c17b4000-7fb1c17e2018 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/liblzma.so.5
7fb1c1798000-7fb1c17b3bc8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind.so.8
status 23
