thread profile: total 8
8 @ 0x556e51361222 0x556e51361271
#	blocked, cond wait, 0.1s, suspect
#	0x556e51361222	queue_send	/src/tests/cases/queue.h:30
#	0x556e51361271	replica	/src/tests/cases/first_answer_wins.c:22

--- Memory map: ---
556e51361000-556e51362000 r-xp 00000000 00:00 0 /tmp/leakwatch-recorded/one_group
7f69b0e85000-7f69b0e86542 r-xp 00000000 00:00 0 linux-vdso.so.1
7f69b0dfb000-7f69b0e7c838 r-xp 00000000 00:00 0 /work/wt/robust/build/src/libleakwatch.so
7f69b0c33000-7f69b0d89000 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libc.so.6
7f69b0bed000-7f69b0c0c2c8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libgcc_s.so.1
7f69b0e88000-7f69b0eae000 r-xp 00000000 00:00 0 /lib64/ld-linux-x86-64.so.2
7f69b0bc1000-7f69b0bddb28 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind-x86_64.so.8
7f69b0b92000-7f69b0bc0018 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/liblzma.so.5
7f69b0b76000-7f69b0b91bc8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind.so.8
status 23
