thread profile: total 10
10 @ 0x1
#	finished

--- Memory map: ---
55d5b1320000-55d5b1321000 r-xp 00000000 00:00 0 /tmp/leakwatch-recorded/unjoined
7f674d6bc000-7f674d6bd542 r-xp 00000000 00:00 0 linux-vdso.so.1
7f674d632000-7f674d6b3838 r-xp 00000000 00:00 0 /work/wt/robust/build/src/libleakwatch.so
7f674d46a000-7f674d5c0000 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libc.so.6
7f674d424000-7f674d4432c8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libgcc_s.so.1
7f674d6bf000-7f674d6e5000 r-xp 00000000 00:00 0 /lib64/ld-linux-x86-64.so.2
7f674d3f8000-7f674d414b28 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind-x86_64.so.8
7f674d3c9000-7f674d3f7018 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/liblzma.so.5
7f674d3ad000-7f674d3c8bc8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind.so.8
status 23
