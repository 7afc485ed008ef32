# Read last: a line of each test and module, and (make -p) what it is linked with.
kinds := tests xtests tests-time64 tests-internal tests-static xtests-static tests-container tests-special tests-unsupported tests-printers modules-names
$(foreach kind,$(kinds),$(foreach name,$($(kind)),$(info ROW|$(kind)|$(name)|$(CFLAGS-$(name).c) $(CPPFLAGS-$(name).c) $(CFLAGS-$(name).cc)|$(LDFLAGS-$(name)) $(LDFLAGS-$(name).so)|$(LDLIBS-$(name))|$($(name)-ENV)|$($(name)-ARGS))))
