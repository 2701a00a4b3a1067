# SPDX-License-Identifier: GPL-2.0-only
#
# What a person types; the work is kbuild's, run by the installed kernel headers.

KVER ?= $(notdir $(patsubst %/build,%,$(lastword $(shell ls -dv /lib/modules/*/build 2>/dev/null))))
KDIR ?= /lib/modules/$(KVER)/build
CONF := $(KDIR)/scripts/kconfig/conf
AUTOCONF := include/generated/hospes-autoconf.h

export KCONFIG_CONFIG := $(CURDIR)/.config
export KCONFIG_AUTOCONFIG := $(CURDIR)/include/config/auto.conf
export KCONFIG_AUTOHEADER := $(CURDIR)/$(AUTOCONF)
export HOSPES_AUTOCONF := $(CURDIR)/$(AUTOCONF)
export HOSPES_TOP := $(CURDIR)

KBUILD := $(MAKE) --no-print-directory -C $(KDIR)

all: hypervisor modules

$(KDIR)/Makefile:
	@echo "No kernel headers in $(KDIR): apt-get install linux-headers-amd64, or set KVER= or KDIR=." >&2; exit 1

.config: | $(KDIR)/Makefile
	@cd $(CURDIR) && srctree=$(CURDIR) $(CONF) -s --alldefconfig Kconfig

$(AUTOCONF): .config Kconfig
	@mkdir -p include/config include/generated
	@cd $(CURDIR) && srctree=$(CURDIR) $(CONF) -s --olddefconfig Kconfig
	@cd $(CURDIR) && srctree=$(CURDIR) $(CONF) -s --syncconfig Kconfig
	@touch $@

oldconfig defconfig olddefconfig: | $(KDIR)/Makefile
	@cd $(CURDIR) && srctree=$(CURDIR) $(CONF) --$(if $(filter defconfig,$@),alldefconfig,$@) Kconfig

hypervisor: $(AUTOCONF)
	@$(KBUILD) M=$(CURDIR)/hypervisor KBUILD_EXTMOD_OUTPUT= modules

modules: $(AUTOCONF)
	@$(KBUILD) M=$(CURDIR)/linux-drivers modules

check:
	@scripts/check/run

test:
	@scripts/test

# Where packages put things; DESTDIR= for a tree elsewhere.
install: hypervisor
	install -D -m 644 hypervisor/xen-hospes.gz $(DESTDIR)/boot/xen-hospes.gz
	install -D -m 644 hypervisor/xen-hospes-syms $(DESTDIR)/usr/lib/debug/xen-hospes-syms
	install -d $(DESTDIR)/usr/lib/dracut/modules.d
	cp -r --no-preserve=ownership initramfs/[0-9]* $(DESTDIR)/usr/lib/dracut/modules.d/

modules_install: modules
	@$(KBUILD) M=$(CURDIR)/linux-drivers INSTALL_MOD_PATH=$(DESTDIR) INSTALL_MOD_DIR=updates modules_install

# Debian's headers lack the menu's program; kconfig-frontends has it.
MCONF := $(firstword $(wildcard $(KDIR)/scripts/kconfig/mconf /usr/bin/kconfig-mconf))
menuconfig: | $(KDIR)/Makefile
	@[ "$(MCONF)" ] || { echo "No menu program: apt-get install kconfig-frontends." >&2; exit 1; }
	@cd $(CURDIR) && srctree=$(CURDIR) $(MCONF) Kconfig

help:
	@echo 'make                  hypervisor and modules'
	@echo 'make hypervisor       hypervisor/xen-hospes.gz for GRUB, hypervisor/xen-hospes-syms for gdb'
	@echo 'make modules          the drivers of domain 0, for KVER=$(KVER)'
	@echo 'make defconfig        default settings; oldconfig asks for new ones, menuconfig for all'
	@echo 'make check            style and static checks; scripts/check/run NAME for one'
	@echo 'make test             all tests; scripts/test PATTERN for some'
	@echo 'make install          hypervisor to /boot, symbols and dracut module to /usr/lib'
	@echo 'make modules_install  drivers to /lib/modules/$(KVER)/updates'
	@echo 'make clean            remove what was built; mrproper also the settings'
	@echo 'Variables: KVER= kernel version, KDIR= its headers, DESTDIR= where to install, V=1 commands'

mrproper: clean
	rm -rf .config .config.old include/config include/generated build

clean:
	@$(KBUILD) M=$(CURDIR)/hypervisor clean
	@$(KBUILD) M=$(CURDIR)/linux-drivers clean

.PHONY: all hypervisor modules check test install modules_install menuconfig help clean mrproper
.PHONY: oldconfig defconfig olddefconfig
