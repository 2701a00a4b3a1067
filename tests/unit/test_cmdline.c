// SPDX-License-Identifier: GPL-2.0-only
#include <hv/cmdline.h>
#include <hv/errno.h>
#include <hv/lib.h>
#include <hv/options.h>
#include <hv/printk.h>
#include <hv/string.h>
#include "test.h"

static char logged[16384];

void printk_level(enum log_level level, const char *fmt, ...)
{
	size_t n = strlen(logged);
	va_list args;

	va_start(args, fmt);
	vsnprintf(logged + n, sizeof(logged) - n, fmt, args);
	va_end(args);
}

static struct hv_options defaults;

static int save_defaults(void **state)
{
	defaults = opts;
	return 0;
}

static int reset(void **state)
{
	opts = defaults;
	logged[0] = '\0';
	return 0;
}

static void parse(const char *s)
{
	reset(NULL);
	cmdline_parse(s);
}

static void good(const char *s)
{
	parse(s);
	assert_string_equal(logged, "");
}

/* Read, and the log says that nothing follows from it. */
static void no_effect(const char *s)
{
	parse(s);
	assert_non_null(strstr(logged, "has no effect: "));
	assert_null(strstr(logged, "ignored"));
}

/* Refused, named, and nothing changed. */
static void bad(const char *s)
{
	parse(s);
	if (!logged[0])
		fail_msg("accepted: %s", s);
	assert_non_null(strstr(logged, s));
	assert_memory_equal(&opts, &defaults, sizeof(opts));
}

static void test_bool(void **state)
{
	static const char *const on[] = {
		"noreboot", "noreboot=on", "noreboot=yes", "noreboot=1", "noreboot=true",
		"noreboot=enable", "no-noreboot=off", " \t noreboot  ",
	};
	static const char *const off[] = {
		"noreboot noreboot=off", "noreboot no-noreboot", "noreboot noreboot=0",
		"noreboot noreboot=no", "noreboot noreboot=false", "noreboot noreboot=disable",
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(on); i++) {
		good(on[i]);
		assert_true(opts.noreboot);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(off); i++) {
		good(off[i]);
		assert_false(opts.noreboot);
	}
	bad("noreboot=perhaps");
	bad("noreboot=onx");
	good("smt=off x2apic");
	assert_int_equal(opts.smt, 0);
	assert_int_equal(opts.x2apic, 1);
	assert_int_equal(defaults.smt, -1);
	good("no-x2apic");
	assert_int_equal(opts.x2apic, 0);
}

static void test_unknown(void **state)
{
	bad("nosuch");
	bad("nosuch=1");
	bad("no-such");
	bad("noreboo");
	bad("noreboott");
	bad("=5");
	bad("no-");
	bad("no-maxcpus");
	bad("no-sched=credit");
	parse("placeholder noreboot");
	assert_string_equal(logged, "");
	assert_true(opts.noreboot);
	parse("noreboot placeholder");
	assert_non_null(strstr(logged, "placeholder"));
	/* Control characters do not reach the terminal. */
	parse("a\033[2Jb");
	assert_non_null(strstr(logged, "a?[2Jb"));
}

static void test_long_word(void **state)
{
	char word[2000];

	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	parse(word);
	assert_non_null(strstr(logged, "more than"));
	assert_memory_equal(&opts, &defaults, sizeof(opts));
}

static void test_numbers(void **state)
{
	no_effect("tbuf_size=0x10");
	assert_int_equal(opts.tbuf_pages, 16);
	good("maxcpus=4 watchdog_timeout=9");
	assert_int_equal(opts.max_cpus, 4);
	assert_int_equal(opts.watchdog_timeout_s, 9);
	bad("maxcpus=0");
	bad("maxcpus=");
	bad("maxcpus");
	bad("maxcpus=4k");
	bad("maxcpus=-1");
	bad("maxcpus=0x100000000");
	bad("tbuf_size=65536");
}

static void test_size(void **state)
{
	good("mem=1G");
	assert_int_equal(opts.mem_limit, 1UL << 30);
	good("mem=1048576");
	assert_int_equal(opts.mem_limit, 1UL << 30);
	good("mem=3t conring_size=64k");
	assert_int_equal(opts.mem_limit, 3UL << 40);
	assert_int_equal(opts.conring_size, 65536);
	good("conring_size=8192B");
	assert_int_equal(opts.conring_size, 8192);
	bad("mem=1M");
	bad("mem=1GG");
	bad("mem=16777216T");
	bad("mem=99999999999999999999");
	bad("mem=G");
	bad("mem=50%");
	bad("conring_size=1G");
}

static void test_words(void **state)
{
	good("nmi=fatal reboot=acpi sched=credit2");
	assert_int_equal(opts.nmi, NMI_FATAL);
	assert_int_equal(opts.reboot, REBOOT_ACPI);
	assert_string_equal(opts.sched, "credit2");
	bad("nmi=none");
	assert_non_null(strstr(logged, "nmi= needs one of: ignore, dom0, fatal"));
	good("reboot=k reboot=P,w");
	assert_true(opts.reboot == REBOOT_POWER && opts.reboot_warm && !opts.noreboot);
	good("reboot=n");
	assert_true(opts.noreboot && opts.reboot == REBOOT_AUTO);
	bad("reboot=");
	bad("reboot=acpi,hot");
	bad("nmi=");
	bad("sched=");
	bad("sched=a-name-that-is-too-long-to-be-one");
}

static void check_mem(const char *s, u64 avail, u64 total, u64 initial, u64 limit, int rc)
{
	u64 got, got_limit;

	good(s);
	assert_int_equal(dom0_mem_resolve(avail, total, &got, &got_limit), rc);
	assert_int_equal(got, initial);
	assert_int_equal(got_limit, limit);
}

#define MB (1UL << 20)
#define GB (1UL << 30)

static void test_dom0_mem(void **state)
{
	check_mem("", 4 * GB, 4 * GB, 4 * GB - 128 * MB, ~0UL, 0);
	check_mem("", 512 * MB, 512 * MB, 480 * MB, ~0UL, 0);
	check_mem("dom0_mem=512M", 4 * GB, 4 * GB, 512 * MB, ~0UL, 0);
	check_mem("dom0_mem=524288", 4 * GB, 4 * GB, 512 * MB, ~0UL, 0);
	check_mem("dom0_mem=512M,max:1G", 4 * GB, 4 * GB, 512 * MB, GB, 0);
	check_mem("dom0_mem=max:1G,512M", 4 * GB, 4 * GB, 512 * MB, GB, 0);
	check_mem("dom0_mem=max:1G", 4 * GB, 4 * GB, GB, GB, 0);
	check_mem("dom0_mem=min:1G,512M", 4 * GB, 4 * GB, GB, ~0UL, 0);
	check_mem("dom0_mem=2G,min:3G,max:1G", 4 * GB, 4 * GB, GB, GB, 0);
	check_mem("dom0_mem=-1G", 4 * GB, 4 * GB, 3 * GB, ~0UL, 0);
	check_mem("dom0_mem=-8G,min:256M", 4 * GB, 4 * GB, 4 * GB - 128 * MB, ~0UL, 0);
	check_mem("dom0_mem=25%", 4 * GB, 100 * GB, 4 * GB, ~0UL, -ENOMEM);
	check_mem("dom0_mem=1G+25%", 256 * GB, 200 * GB, 51 * GB, ~0UL, 0);
	check_mem("dom0_mem=8G", 4 * GB, 4 * GB, 4 * GB, ~0UL, -ENOMEM);
	check_mem("dom0_mem=4097B", 4 * GB, 4 * GB, 4096, ~0UL, 0);
	bad("dom0_mem");
	bad("dom0_mem=");
	bad("dom0_mem=512M,");
	bad("dom0_mem=,512M");
	bad("dom0_mem=min:");
	bad("dom0_mem=min:,512M");
	bad("dom0_mem=avg:1G");
	bad("dom0_mem=1G+25");
	bad("dom0_mem=25B+25");
	bad("dom0_mem=100%");
	bad("dom0_mem=1G+");
	bad("dom0_mem=1G+x%");
	bad("dom0_mem=25%+1G");
	bad("dom0_mem=--1G");
	bad("dom0_mem=512Mx");
}

static void test_dom0_vcpus(void **state)
{
	good("");
	assert_int_equal(dom0_vcpus_resolve(6, 128), 6);
	good("dom0_max_vcpus=4");
	assert_int_equal(dom0_vcpus_resolve(2, 128), 4);
	assert_int_equal(dom0_vcpus_resolve(8, 128), 4);
	good("dom0_max_vcpus=4-8");
	assert_int_equal(dom0_vcpus_resolve(2, 128), 4);
	assert_int_equal(dom0_vcpus_resolve(6, 128), 6);
	assert_int_equal(dom0_vcpus_resolve(10, 128), 8);
	good("dom0_max_vcpus=-8");
	assert_int_equal(dom0_vcpus_resolve(2, 128), 2);
	assert_int_equal(dom0_vcpus_resolve(10, 128), 8);
	good("dom0_max_vcpus=4-");
	assert_int_equal(dom0_vcpus_resolve(2, 128), 4);
	assert_int_equal(dom0_vcpus_resolve(300, 128), 128);
	bad("dom0_max_vcpus");
	bad("dom0_max_vcpus=0");
	bad("dom0_max_vcpus=8-4");
	bad("dom0_max_vcpus=4-8-9");
	bad("dom0_max_vcpus=four");
	bad("dom0_max_vcpus=0-4");
	good("dom0_vcpus_pin");
	assert_true(opts.dom0_vcpus_pin);
}

static void test_com(void **state)
{
	good("com1=115200,8n1");
	assert_true(opts.com[0].set);
	assert_int_equal(opts.com[0].baud, 115200);
	assert_int_equal(opts.com[0].io_base, 0x3f8);
	assert_int_equal(opts.com[0].irq, 4);
	assert_false(opts.com[1].set);
	good("com2=9600/460800,7e2,0x3e8,0");
	assert_int_equal(opts.com[1].baud, 9600);
	assert_int_equal(opts.com[1].clock_hz, 460800 * 16);
	assert_int_equal(opts.com[1].data_bits, 7);
	assert_int_equal(opts.com[1].parity, PARITY_EVEN);
	assert_int_equal(opts.com[1].stop_bits, 2);
	assert_int_equal(opts.com[1].io_base, 0x3e8);
	assert_int_equal(opts.com[1].irq, 0);
	good("com1=auto");
	assert_true(opts.com[0].set);
	assert_int_equal(opts.com[0].baud, 0);
	good("com1=38400,,0x2e8");
	assert_int_equal(opts.com[0].data_bits, 8);
	assert_int_equal(opts.com[0].io_base, 0x2e8);
	good(
	     "com1=baud=57600,parity=o,stop-bits=1,io-base=0x3e8,irq=5,data-bits=8,clock-hz=1843200");
	assert_int_equal(opts.com[0].baud, 57600);
	assert_int_equal(opts.com[0].parity, PARITY_ODD);
	assert_int_equal(opts.com[0].irq, 5);
	bad("com1");
	bad("com1=");
	bad("com1=fast");
	bad("com1=0");
	bad("com1=230400");
	bad("com1=115200,8x1");
	bad("com1=115200,9n1");
	bad("com1=115200,8n3");
	bad("com1=115200,8n");
	bad("com1=115200,8n1,pci");
	bad("com1=115200,8n1,0x10000");
	bad("com1=115200,8n1,0x3f8,256");
	bad("com1=115200,8n1,0x3f8,4,0:1.0");
	bad("com1=115200,8n1,0x3f8,4x");
	bad("com1=115200,reg-shift=2");
	bad("com1=115200/");
}

static void test_console(void **state)
{
	assert_true(defaults.console_com[0] && defaults.console_vga && !defaults.console_com[1]);
	good("console=com2");
	assert_true(!opts.console_com[0] && opts.console_com[1] && !opts.console_vga);
	good("console=vga,com1,com2");
	assert_true(opts.console_com[0] && opts.console_com[1] && opts.console_vga);
	good("console=none");
	assert_true(!opts.console_com[0] && !opts.console_com[1] && !opts.console_vga);
	bad("console=com3");
	bad("console=com1,");
	bad("console=");
	bad("console");

	good("conswitch=bx");
	assert_int_equal(opts.conswitch_char, 'b');
	assert_true(opts.conswitch_stay);
	good("conswitch=Z");
	assert_int_equal(opts.conswitch_char, 'z');
	assert_false(opts.conswitch_stay);
	bad("conswitch=");
	bad("conswitch=1");
	bad("conswitch=ay");

	good("console_timestamps");
	assert_int_equal(opts.console_timestamps, STAMP_DATE);
	good("console_timestamps=boot");
	assert_int_equal(opts.console_timestamps, STAMP_BOOT);
	good("console_timestamps=boot no-console_timestamps");
	assert_int_equal(opts.console_timestamps, STAMP_NONE);
	bad("console_timestamps=sometimes");
	no_effect("sync_console console_to_ring vga=text-80x50,keep");
	assert_true(opts.sync_console && opts.console_to_ring && opts.vga_keep);
	assert_int_equal(opts.vga_rows, 50);
	bad("vga=gfx-1024x768x32");
	bad("vga=text-80x51");
}

static void test_loglvl(void **state)
{
	assert_int_equal(defaults.loglvl_lower, LOG_WARN + 1);
	assert_int_equal(defaults.guest_loglvl_lower, 0);
	good("loglvl=all guest_loglvl=error/debug");
	assert_int_equal(opts.loglvl_lower, LOG_DEBUG + 1);
	assert_int_equal(opts.loglvl_upper, LOG_DEBUG + 1);
	assert_int_equal(opts.guest_loglvl_lower, LOG_ERR + 1);
	assert_int_equal(opts.guest_loglvl_upper, LOG_DEBUG + 1);
	good("loglvl=none");
	assert_int_equal(opts.loglvl_upper, 0);
	good("loglvl=debug/error");
	assert_int_equal(opts.loglvl_upper, LOG_DEBUG + 1);
	bad("loglvl=");
	bad("loglvl=loud");
	bad("loglvl=info/");
	bad("loglvl=/info");
}

static void test_platform(void **state)
{
	assert_int_equal(defaults.xen_minor, 17);
	good("xen-version=4.20");
	assert_int_equal(opts.xen_minor, 20);
	good("xen-version=4.17");
	assert_int_equal(opts.xen_minor, 17);
	bad("xen-version");
	bad("xen-version=4.18");
	bad("xen-version=4.20.0");
	bad("xen-version=3.17");
	bad("xen-version=4.");
	good("acpi=off");
	assert_true(opts.acpi_off);
	good("no-acpi");
	assert_true(opts.acpi_off);
	no_effect("acpi=off acpi=force");
	assert_true(!opts.acpi_off && opts.acpi_force);
	bad("acpi=maybe");
	good("watchdog=force");
	assert_true(opts.watchdog && opts.watchdog_force);
	good("watchdog no-watchdog");
	assert_false(opts.watchdog);
	bad("no-watchdog=force");
	no_effect("ucode=scan");
	assert_int_equal(opts.ucode, UCODE_SCAN);
	no_effect("ucode=scan=off");
	assert_int_equal(opts.ucode, UCODE_NONE);
	no_effect("ucode=-1");
	assert_int_equal(opts.ucode, UCODE_MODULE);
	assert_int_equal(opts.ucode_module, -1);
	bad("ucode=scanned");
	bad("ucode=");
	good("noapic nolapic nosmp");
	assert_true(opts.noapic && opts.nolapic && opts.nosmp);
}

static void test_gnttab(void **state)
{
	good("noreboot");
	assert_int_equal(opts.gnttab_max_frames, 64);
	assert_int_equal(opts.gnttab_max_maptrack_frames, 1024);
	assert_int_equal(opts.gnttab_max_version, 2);
	assert_true(opts.gnttab_transitive && opts.gnttab_transfer);
	good("gnttab_max_frames=128 gnttab_max_maptrack_frames=0x1000");
	assert_int_equal(opts.gnttab_max_frames, 128);
	assert_int_equal(opts.gnttab_max_maptrack_frames, 4096);
	good("gnttab_max_maptrack_frames=0");
	assert_int_equal(opts.gnttab_max_maptrack_frames, 0);
	bad("gnttab_max_frames=0");
	bad("gnttab_max_frames=65537");
	bad("gnttab_max_frames=-1");
	bad("gnttab_max_frames");
	bad("no-gnttab_max_frames");
	good("gnttab=max-ver:1");
	assert_int_equal(opts.gnttab_max_version, 1);
	good("gnttab=no-transitive,max-ver:2,transfer=off");
	assert_int_equal(opts.gnttab_max_version, 2);
	assert_false(opts.gnttab_transitive || opts.gnttab_transfer);
	good("gnttab=no-transfer gnttab=transfer,transitive=0");
	assert_true(opts.gnttab_transfer && !opts.gnttab_transitive);
	bad("gnttab=max-ver:3");
	bad("gnttab=max-ver:0,transfer=off");
	bad("gnttab=max-ver:");
	bad("gnttab=transit");
	bad("gnttab=transitiveness");
	bad("gnttab=transfer=perhaps");
	bad("gnttab=no-transfer,");
	bad("gnttab=");
	bad("no-gnttab");
}

/* Options of Xen's that are nothing to us: named, with the reason, whatever their value. */
static void test_not_for_us(void **state)
{
	no_effect("iommu=0 no-iommu iommu");
	no_effect("spec-ctrl=no-xen no-xpti pcid=xpti");
	no_effect("cpufreq=xen:performance max_cstate=1");
	no_effect("dom0=pvh,shadow");
	good("dom0=pv");
	/* What Debian's scripts write of themselves is no cause for a line in the log. */
	good("placeholder no-real-mode edd=off");
	bad("iommux=0");
}

static void test_badpage(void **state)
{
	char many[1024] = "badpage=1";

	good("badpage=0x12345,0x20000-0x2000f badpage=7");
	assert_int_equal(opts.nr_badpages, 3);
	assert_int_equal(opts.badpage[0].first, 0x12345);
	assert_int_equal(opts.badpage[0].last, 0x12345);
	assert_int_equal(opts.badpage[1].last, 0x2000f);
	assert_int_equal(opts.badpage[2].first, 7);
	parse("badpage=5-4");
	assert_int_equal(opts.nr_badpages, 0);
	assert_string_not_equal(logged, "");
	parse("badpage=1,");
	assert_int_equal(opts.nr_badpages, 0);
	parse("badpage=1-");
	assert_int_equal(opts.nr_badpages, 0);
	for (int i = 0; i < BADPAGES_MAX; i++)
		strlcat(many, ",1", sizeof(many));
	parse(many);
	assert_int_equal(opts.nr_badpages, 0);
	assert_non_null(strstr(logged, "64"));
}

static void test_dom0_extra(void **state)
{
	good("noreboot --  root=/dev/sda1 nosmp");
	assert_true(opts.noreboot);
	assert_false(opts.nosmp);
	assert_string_equal(opts.dom0_extra, "root=/dev/sda1 nosmp");
	good("noreboot --");
	assert_string_equal(opts.dom0_extra, "");
}

static void test_table_sorted(void **state)
{
	for (unsigned int i = 1; i < option_table_size; i++)
		assert_true(strcmp(option_table[i - 1].name, option_table[i].name) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bool),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_long_word),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_dom0_mem),
		cmocka_unit_test(test_dom0_vcpus),
		cmocka_unit_test(test_com),
		cmocka_unit_test(test_console),
		cmocka_unit_test(test_loglvl),
		cmocka_unit_test(test_platform),
		cmocka_unit_test(test_gnttab),
		cmocka_unit_test(test_not_for_us),
		cmocka_unit_test(test_badpage),
		cmocka_unit_test(test_dom0_extra),
		cmocka_unit_test(test_table_sorted),
	};

	return cmocka_run_group_tests_name("boot/cmdline", tests, save_defaults, NULL);
}
