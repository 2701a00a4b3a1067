// SPDX-License-Identifier: GPL-2.0-only
/*
 * Boot as a list: each step names what it needs of those before. Runs once,
 * on the boot CPU, interrupts off until the timer is set up.
 */
#include <hv/start.h>

#include <hv/acpi.h>
#include <hv/boot_alloc.h>
#include <hv/bug.h>
#include <hv/cmdline.h>
#include <hv/console.h>
#include <hv/cpu_hotplug.h>
#include <hv/cpuid.h>
#include <hv/debug_keys.h>
#include <hv/domain.h>
#include <hv/efi.h>
#include <hv/errno.h>
#include <hv/grant.h>
#include <hv/ioport.h>
#include <hv/irq.h>
#include <hv/irq_desc.h>
#include <hv/lockcheck.h>
#include <hv/mce.h>
#include <hv/mm.h>
#include <hv/options.h>
#include <hv/percpu.h>
#include <hv/perfc.h>
#include <hv/printk.h>
#include <hv/rcu.h>
#include <hv/sched.h>
#include <hv/smp.h>
#include <hv/string.h>
#include <hv/time.h>
#include <hv/timer.h>
#include <hv/version.h>
#include <hv/watchdog.h>
#include <asm/bios.h>
#include <asm/cpu.h>
#include <asm/desc.h>
#include <asm/entry.h>
#include <asm/paging.h>

struct e820_map machine_e820 __ro_after_init;
u64 efi_system_table __ro_after_init;
struct percpu *percpu_of[MAX_CPUS];
unsigned int nr_cpus;

static struct boot_info bi __initdata;
static struct percpu boot_percpu;

#define MIN_MEMORY_MIB		128

static void __init boot_cpu_area(void)
{
	struct cpu_info *info = get_cpu_info();

	memset(info, 0, sizeof(*info));
	info->percpu = &boot_percpu;
	boot_percpu.info = info;
	boot_percpu.online = true;
	spin_lock_init(&boot_percpu.timer_lock);
	percpu_of[0] = &boot_percpu;
	nr_cpus = 1;
}

/* Loader structures lie below 4 GiB, which the boot tables map whole. */
static bool __init read_boot_memory(const struct boot_memory *mem, u64 phys, void *dst, size_t len)
{
	if (phys + len < phys || phys + len > 1UL << 32)
		return false;
	memcpy(dst, paddr_to_virt(phys), len);
	return true;
}

/* The text screen, unless the loader set up something else. */
static void __init early_vga(void *(*map)(paddr_t pa, size_t len))
{
	const struct boot_video *v = &bi.video;

	if (!opts.console_vga || bi.efi_system_table)
		return;
	if (v->type == BOOT_VIDEO_NONE)
		console_init_vga(map(0xb8000, 0x8000), 80, 25);
	else if (v->type == BOOT_VIDEO_TEXT)
		console_init_vga(map(v->address, 0x8000), v->width, v->height);
}

static void *__init map_by_boot_tables(paddr_t pa, size_t len)
{
	return paddr_to_virt(pa);
}

static void __init parse_loader_info(u32 magic, u64 phys)
{
	static const struct boot_memory mem __initconst = { read_boot_memory };
	const char *why = "started by a loader that speaks neither multiboot 1 nor 2";
	int rc = -EINVAL;

	if (magic == MULTIBOOT_BOOTLOADER_MAGIC)
		rc = multiboot1_parse(&mem, phys, &bi, &why);
	else if (magic == MULTIBOOT2_BOOTLOADER_MAGIC)
		rc = multiboot2_parse(paddr_to_virt(phys), *(u32 *)paddr_to_virt(phys), &bi, &why);
	if (rc) {
		/* No command line either: to where head.S speaks, as firmware left it. */
		opts.com[0].set = true;
		console_init_serial();
		early_vga(map_by_boot_tables);
		panic("Cannot use what the boot loader says: %s. %s", why,
		      "Start by GRUB 2's multiboot2 or multiboot command.");
	}
}

static void __init banner(void)
{
	printk(" Xen version %u.%u%s (Hospes " HOSPES_VERSION ")\n", xen_abi_version() >> 16,
	       xen_abi_version() & 0xffff, xen_abi_extraversion());
	pr_info("Command line: %s\n", boot_info_args(&bi, bi.cmdline));
	pr_info("Boot loader: %s (multiboot%s)\n", bi.loader[0] ? bi.loader : "unnamed",
		bi.protocol == BOOT_MULTIBOOT2 ? "2" : "");
}

static void __init show_memory_map(const struct e820_map *map)
{
	unsigned int i;

	pr_info("Memory map (by %s):\n", bi.e820_from ? bi.e820_from : "none");
	for (i = 0; i < map->nr; i++)
		pr_info(" [%016lx, %016lx] (%s)\n", map->entry[i].addr,
			map->entry[i].addr + map->entry[i].size - 1,
			e820_type_name(map->entry[i].type));
}

/* What boot must not hand out: the image, the modules, the first megabyte. */
static void __init memory_map_init(void)
{
	unsigned int i;

	machine_e820 = bi.e820;
	if (!machine_e820.nr || e820_sanitise(&machine_e820))
		panic("The boot loader gave no usable memory map");
	show_memory_map(&machine_e820);
	if (opts.mem_limit)
		e820_clip_ram(&machine_e820, opts.mem_limit);
	pr_info("System RAM: %lu MiB\n", e820_ram_bytes(&machine_e820) >> 20);
	if (e820_ram_bytes(&machine_e820) < (u64)MIN_MEMORY_MIB << 20)
		panic("Too little memory: the machine has %lu MiB, %u MiB are the least. Give it more memory%s.",
		      e820_ram_bytes(&machine_e820) >> 20, MIN_MEMORY_MIB,
		      opts.mem_limit ? ", or raise mem=" : "");

	boot_free_map = machine_e820;
	if (e820_reserve(&boot_free_map, 0, 0x100000) ||
	    e820_reserve(&boot_free_map, image_phys, __image_end - __image_start))
		panic("The memory map has too many ranges");
	for (i = 0; i < bi.nr_modules; i++) {
		u64 start = ROUND_DOWN(bi.module[i].start, PAGE_SIZE);

		if (e820_reserve(&boot_free_map, start,
				 ROUND_UP(bi.module[i].end, PAGE_SIZE) - start))
			panic("The memory map has too many ranges");
	}
}

/* The register blocks that the hypervisor drives are nobody else's. */
static void __init deny_own_registers(void)
{
	unsigned int i;

	iomem_deny(_mfn(acpi.lapic_address >> PAGE_SHIFT), _mfn(acpi.lapic_address >> PAGE_SHIFT));
	for (i = 0; i < acpi.nr_ioapics; i++)
		iomem_deny(_mfn(acpi.ioapic[i].address >> PAGE_SHIFT),
			   _mfn(acpi.ioapic[i].address >> PAGE_SHIFT));
	if (acpi.hpet_address) {
		/* Firmware's own code reads it, through domain 0's interpreter. */
		iomem_protect(_mfn(acpi.hpet_address >> PAGE_SHIFT),
			      _mfn(acpi.hpet_address >> PAGE_SHIFT));
	}
	iomem_deny(_mfn(0xfee00), _mfn(0xfeeff));	/* where MSIs are written */
}

static void __noreturn run_domain0(void)
{
	struct vcpu *v = hardware_domain->vcpu[0];

	paging_free_init();
	pr_info("Memory of the hypervisor's own: %lu KiB\n",
		memory_hypervisor_pages() << (PAGE_SHIFT - 10));
	console_endboot();
	clear_bit_atomic(VPF_DOWN, &v->pause_flags);
	vcpu_wake(v);
	continue_running(this_cpu()->idle);
}

/**
 * start_hypervisor() - From head.S, on the boot stack, long mode, paging on.
 * @magic:           which multiboot protocol
 * @info_phys:       its information structure
 * @image_phys_base: where the image was put
 */
void __init start_hypervisor(u32 magic, u64 info_phys, u64 image_phys_base)
{
	image_phys = image_phys_base;
	boot_cpu_area();
	parse_loader_info(magic, info_phys);
	cmdline_parse(boot_info_args(&bi, bi.cmdline));
	strlcpy(saved_cmdline, boot_info_args(&bi, bi.cmdline), sizeof(saved_cmdline));
	console_init_serial();
	early_vga(map_by_boot_tables);
	banner();

	memory_map_init();
	efi_system_table = bi.efi_system_table;
	paging_init(&machine_e820);
	idt_init();
	paging_protect_image();
	boot_alloc_finish();
	desc_prepare_cpu(&boot_percpu);
	desc_init_cpu(&boot_percpu);
	cpu_init(&boot_percpu);
	cpuid_init();
	early_vga(ioremap);
	paging_drop_identity();

	timer_subsystem_init();
	stop_machine_init();
	lockcheck_init();
	page_init();
	rcu_init();
	domain_subsystem_init();
	acpi_init(bi.rsdp, bi.rsdp_len);
	ioport_init();
	power_init();
	bios_init(bi.efi_system_table != 0);
	efi_init(&bi);
	if (irq_init_cpu(0))
		panic("Out of memory for the interrupt tables");
	i8259_init();
	apic_init_bsp();
	irq_init();
	smp_vectors_init();
	time_init();
	deny_own_registers();
	nmi_init();
	sched_init();
	sched_init_cpu(0);
	console_init_late();
	debug_keys_init();
	grant_init();
	irq_debug_init();
	if (IS_ENABLED(CONFIG_HV_PERF_COUNTERS))
		perfc_init();
	mce_init();
	local_irq_enable();
	smp_init(&machine_e820);

	dom0_build(&bi);
	watchdog_init();
	reset_stack_and_jump(get_cpu_info(), run_domain0);
}
