thread profile: total 10
10 @ 0x1
#	finished

--- Memory map: ---
55b94471b000-55b94471c000 r-xp 00000000 00:00 0 /tmp/leakwatch-recorded/unjoined
7f246aed5000-7f246aed6542 r-xp 00000000 00:00 0 linux-vdso.so.1
7f246ae09000-7f246aecc318 r-xp 00000000 00:00 0 /work/wt/robust/build/src/libleakwatch.so
7f246ac41000-7f246ad97000 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libc.so.6
7f246abfb000-7f246ac1a2c8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libgcc_s.so.1
7f246aed8000-7f246aefe000 r-xp 00000000 00:00 0 /lib64/ld-linux-x86-64.so.2
7f246abcf000-7f246abebb28 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind-x86_64.so.8
7f246aba0000-7f246abce018 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/liblzma.so.5
7f246ab84000-7f246ab9fbc8 r-xp 00000000 00:00 0 /lib/x86_64-linux-gnu/libunwind.so.8
status 23
