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
	@cd $(CURDIR) && srctree=$(CURDIR) $(CONF) -s --syncconfig Kconfig
	@touch $@

oldconfig defconfig olddefconfig: | $(KDIR)/Makefile
	@cd $(CURDIR) && srctree=$(CURDIR) $(CONF) --$(@:defconfig=alldefconfig) Kconfig

hypervisor: $(AUTOCONF)
	@$(KBUILD) M=$(CURDIR)/hypervisor KBUILD_EXTMOD_OUTPUT= modules

modules: $(AUTOCONF)
	@$(KBUILD) M=$(CURDIR)/linux-drivers modules

clean:
	@$(KBUILD) M=$(CURDIR)/hypervisor clean
	@$(KBUILD) M=$(CURDIR)/linux-drivers clean

.PHONY: all hypervisor modules clean oldconfig defconfig olddefconfig
