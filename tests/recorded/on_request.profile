thread profile: total 2
1 @ 0x55aeb37af314
#	blocked, mutex lock, 0.1s, suspect
#	0x55aeb37af314	wants	/src/tests/cases/on_signal.c:31

1 @ 0x55aeb37af6df 0x7f4cf40b724a 0x7f4cf40b7305
#	waiting, poll, 0.0s, idle
#	0x55aeb37af6df	main	/src/tests/cases/on_signal.c:58

--- Memory map: ---
55aeb37af000-55aeb37b0000 r-xp 00000000 00:00 0 /tmp/leakwatch-recorded/on_request
7f4cf4308000-7f4cf4309542 r-xp 00000000 00:00 0 linux-vdso.so.1
7f4cf427e000-7f4cf42ff838 r-xp 00000000 00:00 0 /work/wt/robust/build/src/libleakwatch.so
7f4cf40b6000-7f4cf420c000 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libc.so.6
7f4cf4070000-7f4cf408f2c8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libgcc_s.so.1
7f4cf430b000-7f4cf4331000 r-xp 00000000 00:00 0 /lib64/ld-linux-x86-64.so.2
7f4cf4044000-7f4cf4060b28 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind-x86_64.so.8
7f4cf4015000-7f4cf4043018 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/liblzma.so.5
7f4cf3ff9000-7f4cf4014bc8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind.so.8
status 0
