// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domain 0 from a stock kernel image: memory, initial page tables, start_info.
 *
 * Pseudo-physical memory, in order of pfn: the window that the initial page
 * tables map (kernel, start_info, page tables, stack), the initramfs, the p2m
 * list with its tables, the rest. ABI: xen.h, "Domain builder" (start_info);
 * elfnote.h. Boot CPU only, before any guest runs.
 */
#include <hv/start.h>

#include <hv/bug.h>
#include <hv/bzimage.h>
#include <hv/domain.h>
#include <hv/elf.h>
#include <hv/errno.h>
#include <hv/evtchn.h>
#include <hv/grant.h>
#include <hv/ioport.h>
#include <hv/irq.h>
#include <hv/mm.h>
#include <hv/options.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/string.h>
#include <hv/time.h>
#include <asm/cpu.h>
#include <asm/flush.h>
#include <asm/pv.h>
#include <asm/system.h>

#include <xen/features.h>

#define P2M_PER_PAGE		(PAGE_SIZE / sizeof(u64))
#define WINDOW_ALIGN		(4UL << 20)
#define WINDOW_SLACK		(512UL << 10)

struct build {
	struct domain *d;
	struct vcpu *v;
	struct elf_kernel kernel;
	const void *image;		/* uncompressed ELF */
	unsigned long nr_pages;
	unsigned long next_pfn;		/* pfns handed out so far */
	mfn_t *p2m_frame;		/* frames of the p2m list, in order */
	unsigned long nr_p2m_frames;
	unsigned long v_end;		/* end of the mapped window */
	unsigned long start_info_va, pt_va, stack_va;
	unsigned long nr_pt_frames;
	unsigned long initrd_pfn, initrd_len;
	unsigned long p2m_pfn, nr_p2m_pfns;
	u64 p2m_l3_entry;		/* for the L4 slot of the p2m list */
};

static u64 *p2m_slot(struct build *b, unsigned long pfn)
{
	u64 *page = mfn_to_virt(b->p2m_frame[pfn / P2M_PER_PAGE]);

	return &page[pfn % P2M_PER_PAGE];
}

static mfn_t pfn_to_mfn(struct build *b, unsigned long pfn)
{
	return _mfn(*p2m_slot(b, pfn));
}

static void *pfn_to_virt(struct build *b, unsigned long pfn)
{
	return mfn_to_virt(pfn_to_mfn(b, pfn));
}

static unsigned long add_pfn(struct build *b, mfn_t mfn)
{
	unsigned long pfn = b->next_pfn++;

	if (pfn >= b->nr_pages)
		panic("Domain 0's memory is too small for its kernel, initramfs and tables: raise dom0_mem= (now %lu MiB)",
		      b->nr_pages >> (20 - PAGE_SHIFT));
	*p2m_slot(b, pfn) = mfn_x(mfn);
	m2p_rw[mfn_x(mfn)] = pfn;
	return pfn;
}

/*
 * Memory for the next @nr pfns, in the largest pieces there are. No other guest
 * has had it, and what firmware left there is no secret to domain 0.
 */
static void __init populate(struct build *b, unsigned long nr)
{
	unsigned int order = MAX_ORDER;

	while (nr) {
		struct page_info *pg;
		unsigned long i;

		while (order && (1UL << order) > nr)
			order--;
		pg = domain_page_alloc(b->d, order, MEMF_NO_SCRUB);
		if (!pg) {
			if (!order)
				panic("Out of memory for domain 0: dom0_mem= asks for more than the machine has free");
			order--;
			continue;
		}
		for (i = 0; i < 1UL << order; i++)
			add_pfn(b, mfn_add(page_to_mfn(pg), i));
		nr -= 1UL << order;
	}
}

static void __init populate_p2m_list(struct build *b)
{
	unsigned long i;

	b->p2m_frame = hv_alloc_array(sizeof(mfn_t), b->nr_p2m_frames);
	if (!b->p2m_frame)
		panic("Out of memory for domain 0's p2m list");
	for (i = 0; i < b->nr_p2m_frames; i++) {
		struct page_info *pg = domain_page_alloc(b->d, 0, MEMF_NO_SCRUB);

		if (!pg)
			panic("Out of memory for domain 0's p2m list");
		b->p2m_frame[i] = page_to_mfn(pg);
		memset(page_to_virt(pg), 0xff, PAGE_SIZE);
	}
}

static unsigned long pages_of(u64 bytes)
{
	return ROUND_UP(bytes, PAGE_SIZE) >> PAGE_SHIFT;
}

static unsigned long mib(unsigned long pages)
{
	return DIV_ROUND_UP(pages, 1UL << (20 - PAGE_SHIFT));
}

/* Its frames become domain 0's as they are, which takes whole pages. */
static bool initrd_stays(const struct boot_module *m)
{
	return IS_ALIGNED(m->start, PAGE_SIZE);
}

/* Tables of levels 1 to 3 that the window [base, end) needs, and the L4. */
static unsigned long __init tables_for(unsigned long base, unsigned long end)
{
	unsigned long nr = 1, shift;

	for (shift = L2_SHIFT; shift <= L4_SHIFT; shift += 9)
		nr += ((end - 1) >> shift) - (base >> shift) + 1;
	return nr;
}

/* Where in the window everything goes; the tables' own size moves its end. */
static void __init layout_window(struct build *b)
{
	const struct elf_kernel *k = &b->kernel;
	unsigned long end;

	b->start_info_va = ROUND_UP(k->virt_end, PAGE_SIZE);
	b->pt_va = b->start_info_va + PAGE_SIZE;
	for (b->nr_pt_frames = 4;; b->nr_pt_frames++) {
		b->stack_va = b->pt_va + b->nr_pt_frames * PAGE_SIZE;
		end = b->stack_va + PAGE_SIZE;
		b->v_end = ROUND_UP(end + WINDOW_SLACK, WINDOW_ALIGN);
		if (tables_for(k->virt_base, b->v_end) <= b->nr_pt_frames)
			break;
	}
}

static unsigned long va_to_pfn(const struct build *b, unsigned long va)
{
	return (va - b->kernel.virt_base) >> PAGE_SHIFT;
}

static void __init copy_to_paddr(struct build *b, u64 pa, const u8 *src, u64 len)
{
	while (len) {
		u64 offset = pa & ~PAGE_MASK, n = min(len, PAGE_SIZE - offset);
		u8 *dst = (u8 *)pfn_to_virt(b, pa >> PAGE_SHIFT) + offset;

		if (src) {
			memcpy(dst, src, n);
			src += n;
		} else {
			memset(dst, 0, n);
		}
		pa += n;
		len -= n;
	}
}

static void __init load_segments(struct build *b)
{
	const struct elf_kernel *k = &b->kernel;
	unsigned int i;

	for (i = 0; i < k->nr_segments; i++) {
		const struct elf_segment *s = &k->segment[i];
		u64 pa = s->paddr - k->paddr_offset;

		copy_to_paddr(b, pa, (const u8 *)b->image + s->offset, s->filesz);
		copy_to_paddr(b, pa + s->filesz, NULL, s->memsz - s->filesz);
	}
}

/* The initramfs stays where the loader put it; its frames become domain 0's. */
static void __init take_initrd(struct build *b, const struct boot_module *m)
{
	u64 pa = m->start, len = m->end - m->start;
	unsigned long i, nr = pages_of(len);

	b->initrd_pfn = b->next_pfn;
	b->initrd_len = len;
	if (!initrd_stays(m)) {
		populate(b, nr);
		copy_to_paddr(b, (u64)b->initrd_pfn << PAGE_SHIFT, paddr_to_virt(pa), len);
		return;
	}
	memset((u8 *)paddr_to_virt(pa) + len, 0, nr * PAGE_SIZE - len);
	for (i = 0; i < nr; i++) {
		mfn_t mfn = _mfn((pa >> PAGE_SHIFT) + i);

		if (domain_page_assign(b->d, mfn_to_page(mfn), 0))
			panic("The initramfs does not fit into domain 0's memory: raise dom0_mem= (now %lu MiB)",
			      b->nr_pages >> (20 - PAGE_SHIFT));
		add_pfn(b, mfn);
	}
}

/* A fresh table page from the window's run of page-table frames. */
struct table_run {
	struct build *b;
	unsigned long next_va;
};

static pte_t *__init next_pt_page(struct table_run *run, mfn_t *mfn)
{
	unsigned long pfn = va_to_pfn(run->b, run->next_va);
	pte_t *table = pfn_to_virt(run->b, pfn);

	if (run->next_va >= run->b->stack_va)
		panic("Domain 0's page tables were counted wrongly");
	run->next_va += PAGE_SIZE;
	*mfn = pfn_to_mfn(run->b, pfn);
	clear_page(table);
	return table;
}

#define GUEST_TABLE	(PTE_P | PTE_RW | PTE_A | PTE_D | PTE_US)
#define GUEST_RW	(PTE_P | PTE_RW | PTE_A | PTE_D | PTE_US)

static pte_t *__init walk_alloc(struct table_run *run, pte_t *entry)
{
	mfn_t mfn;
	pte_t *table;

	if (*entry & PTE_P)
		return mfn_to_virt(pte_mfn(*entry));
	table = next_pt_page(run, &mfn);
	*entry = pte_make(mfn, GUEST_TABLE);
	return table;
}

/* Map the window 4 KiB at a time; page-table pages read-only, as the ABI demands. */
static mfn_t __init build_tables(struct build *b)
{
	struct table_run run = { b, b->pt_va };
	unsigned long va;
	mfn_t l4_mfn;
	pte_t *l4 = next_pt_page(&run, &l4_mfn);

	for (va = b->kernel.virt_base; va < b->v_end; va += PAGE_SIZE) {
		pte_t *l3 = walk_alloc(&run, &l4[l4_index(va)]);
		pte_t *l2 = walk_alloc(&run, &l3[l3_index(va)]);
		pte_t *l1 = walk_alloc(&run, &l2[l2_index(va)]);
		u64 flags = GUEST_RW;

		if (va >= b->pt_va && va < b->stack_va)
			flags &= ~PTE_RW;
		l1[l1_index(va)] = pte_make(pfn_to_mfn(b, va_to_pfn(b, va)), flags);
	}
	if (b->p2m_l3_entry)
		l4[l4_index(b->kernel.init_p2m)] = b->p2m_l3_entry;
	return l4_mfn;
}

static pte_t *__init new_p2m_table(struct build *b, mfn_t *mfn)
{
	populate(b, 1);
	*mfn = pfn_to_mfn(b, b->next_pfn - 1);
	clear_page(mfn_to_virt(*mfn));
	return mfn_to_virt(*mfn);
}

/* The p2m list at the address its note asks for, with tables of its own. */
static void __init map_p2m_list(struct build *b)
{
	unsigned long i, va = b->kernel.init_p2m;
	pte_t *l3, *l2 = NULL, *l1 = NULL;
	mfn_t mfn;

	b->p2m_pfn = b->next_pfn;
	for (i = 0; i < b->nr_p2m_frames; i++)
		add_pfn(b, b->p2m_frame[i]);
	l3 = new_p2m_table(b, &mfn);
	b->p2m_l3_entry = pte_make(mfn, GUEST_TABLE);
	for (i = 0; i < b->nr_p2m_frames; i++, va += PAGE_SIZE) {
		if (!i || !l2_index(va)) {
			if (!i || !(va & ((1UL << L3_SHIFT) - 1))) {
				l2 = new_p2m_table(b, &mfn);
				l3[l3_index(va)] = pte_make(mfn, GUEST_TABLE);
			}
		}
		if (!i || !l1_index(va)) {
			l1 = new_p2m_table(b, &mfn);
			l2[l2_index(va)] = pte_make(mfn, GUEST_TABLE);
		}
		l1[l1_index(va)] = pte_make(b->p2m_frame[i], GUEST_RW);
	}
	b->nr_p2m_pfns = b->next_pfn - b->p2m_pfn;
}

static void __init fill_video(const struct boot_video *bv, struct dom0_vga_console_info *vi)
{
	switch (bv->type) {
	case BOOT_VIDEO_TEXT:
		vi->video_type = XEN_VGATYPE_TEXT_MODE_3;
		vi->u.text_mode_3.font_height = 16;
		vi->u.text_mode_3.rows = bv->height;
		vi->u.text_mode_3.columns = bv->width;
		break;
	case BOOT_VIDEO_LFB:
		vi->video_type = bv->efi ? XEN_VGATYPE_EFI_LFB : XEN_VGATYPE_VESA_LFB;
		vi->u.vesa_lfb.width = bv->width;
		vi->u.vesa_lfb.height = bv->height;
		vi->u.vesa_lfb.bytes_per_line = bv->pitch;
		vi->u.vesa_lfb.bits_per_pixel = bv->bpp;
		vi->u.vesa_lfb.lfb_base = bv->address;
		vi->u.vesa_lfb.ext_lfb_base = bv->address >> 32;
		vi->u.vesa_lfb.lfb_size = ROUND_UP((u64)bv->pitch * bv->height, 0x10000UL) >> 16;
		vi->u.vesa_lfb.red_pos = bv->red_pos;
		vi->u.vesa_lfb.red_size = bv->red_size;
		vi->u.vesa_lfb.green_pos = bv->green_pos;
		vi->u.vesa_lfb.green_size = bv->green_size;
		vi->u.vesa_lfb.blue_pos = bv->blue_pos;
		vi->u.vesa_lfb.blue_size = bv->blue_size;
		vi->u.vesa_lfb.gbl_caps = bv->vbe_capabilities;
		vi->u.vesa_lfb.mode_attrs = bv->vbe_attributes;
		break;
	case BOOT_VIDEO_NONE:
		break;
	}
}

static void __init fill_cmdline(const struct boot_info *bi, struct start_info *si)
{
	const char *args = boot_info_args(bi, bi->module[0].cmdline);

	strlcpy((char *)si->cmd_line, args, sizeof(si->cmd_line));
	if (opts.dom0_extra[0]) {
		if (si->cmd_line[0])
			strlcat((char *)si->cmd_line, " ", sizeof(si->cmd_line));
		strlcat((char *)si->cmd_line, opts.dom0_extra, sizeof(si->cmd_line));
	}
	if (strlen(args) >= sizeof(si->cmd_line))
		pr_warn("Domain 0's command line is cut after %zu characters\n",
			sizeof(si->cmd_line) - 1);
}

static void __init fill_start_info(struct build *b, const struct boot_info *bi)
{
	unsigned long pfn = va_to_pfn(b, b->start_info_va);
	struct start_info *si = pfn_to_virt(b, pfn);
	struct dom0_vga_console_info *vi = (void *)(si + 1);

	BUILD_BUG_ON(sizeof(*si) + sizeof(*vi) > PAGE_SIZE);
	clear_page(si);
	snprintf(si->magic, sizeof(si->magic), "xen-3.0-x86_64%s", b->kernel.pae ? "p" : "");
	si->nr_pages = b->nr_pages;
	si->shared_info = mfn_x(virt_to_mfn(b->d->shared_info)) << PAGE_SHIFT;
	si->flags = SIF_PRIVILEGED | SIF_INITDOMAIN;
	si->pt_base = b->pt_va;
	si->nr_pt_frames = b->nr_pt_frames;
	si->mfn_list = b->kernel.init_p2m;
	si->first_p2m_pfn = b->p2m_pfn;
	si->nr_p2m_frames = b->nr_p2m_pfns;
	if (b->initrd_len) {
		si->mod_len = b->initrd_len;
		si->mod_start = b->initrd_pfn;
		si->flags |= SIF_MOD_START_PFN;
	}
	fill_cmdline(bi, si);
	if (bi->video.type != BOOT_VIDEO_NONE) {
		fill_video(&bi->video, vi);
		si->console.dom0.info_off = sizeof(*si);
		si->console.dom0.info_size = sizeof(*vi);
	}
}

/* "GRUB entry, module 1 (vmlinuz-6.1...)": which file an error is about. */
static void __init module_name(const struct boot_info *bi, unsigned int nr, char *buf, size_t size)
{
	snprintf(buf, size, "boot module %u of %u (%.80s)", nr + 1, bi->nr_modules,
		 bi->module[nr].cmdline[0] ? bi->module[nr].cmdline : "no name");
}

/* Memory that boot uses and gives back; panics, saying what for, if there is none. */
struct scratch {
	struct page_info *pg;
	unsigned int order;
};

static void *__init scratch_alloc(struct scratch *s, size_t size, const char *what)
{
	s->order = fls64(pages_of(size) - 1);
	s->pg = page_alloc(s->order, MEMF_NO_SCRUB);
	if (!s->pg)
		panic("Too little memory to unpack %s: %lu MiB in one piece are needed", what,
		      PAGE_SIZE << s->order >> 20);
	return page_to_virt(s->pg);
}

static void __init scratch_free(struct scratch *s)
{
	if (s->pg)
		page_free(s->pg, s->order);
}

/* The uncompressed ELF image, in @out unless it was not compressed. */
static const void *__init unpack_kernel(const struct boot_info *bi, size_t *len,
					struct scratch *out)
{
	static struct bzimage bz __initdata;
	const struct boot_module *m = &bi->module[0];
	struct scratch work;
	size_t work_size;
	void *image, *arena;
	char name[128];
	const char *why;
	int rc;

	module_name(bi, 0, name, sizeof(name));
	if (bzimage_parse(paddr_to_virt(m->start), m->end - m->start, &bz, &why))
		panic("%s is no kernel that can be started: %s", name, why);
	*len = bz.unpacked_size;
	if (bz.format == PAYLOAD_ELF) {
		*len = bz.payload_size;
		return bz.payload;
	}
	image = scratch_alloc(out, bz.unpacked_size, name);
	work_size = decompress_workspace(&bz);
	arena = scratch_alloc(&work, work_size, name);
	rc = decompress(&bz, image, arena, work_size, &why);
	scratch_free(&work);
	if (rc)
		panic("%s cannot be unpacked: %s", name, why);
	return image;
}

/* Is it a kernel that can be domain 0? If not, say which file it is and what it lacks. */
static void __init check_kernel(const struct boot_info *bi, struct build *b, size_t len)
{
	char name[128];
	const char *why;

	module_name(bi, 0, name, sizeof(name));
	if (elf_parse(b->image, len, &b->kernel, &why) || elf_check_pv_dom0(&b->kernel, &why))
		panic("%s cannot be domain 0: %s", name, why);
}

static unsigned long __init dom0_pages(const struct boot_info *bi, u64 *max_pages)
{
	unsigned long avail = page_alloc_free_pages();
	u64 initial, limit;

	if (bi->nr_modules > 1 && initrd_stays(&bi->module[1]))
		avail += pages_of(bi->module[1].end - bi->module[1].start);
	if (dom0_mem_resolve((u64)avail << PAGE_SHIFT, (u64)total_pages << PAGE_SHIFT, &initial,
			     &limit))
		panic("dom0_mem= asks for more than the machine has: %lu MiB are left for domain 0 of %lu MiB; lower it",
		      avail >> (20 - PAGE_SHIFT), total_pages >> (20 - PAGE_SHIFT));
	*max_pages = limit >> PAGE_SHIFT;
	return initial >> PAGE_SHIFT;
}

/* Does it all go into what dom0_mem= allows? If not, tell how much would. */
static void __init check_fit(const struct boot_info *bi, const struct build *b)
{
	unsigned long window = va_to_pfn(b, b->v_end), initrd = 0, need;
	char kernel_name[128], initrd_name[128] = "no initramfs";

	module_name(bi, 0, kernel_name, sizeof(kernel_name));
	if (bi->nr_modules > 1) {
		initrd = pages_of(bi->module[1].end - bi->module[1].start);
		module_name(bi, 1, initrd_name, sizeof(initrd_name));
	}
	/* The p2m list, its tables: one L3, and of L1 and L2 one more than fit in full. */
	need = window + initrd + b->nr_p2m_frames + b->nr_p2m_frames / PT_ENTRIES + 5;
	if (need > b->nr_pages)
		panic("dom0_mem= gives domain 0 %lu MiB, less than %s (%lu MiB unpacked) and %s (%lu MiB) need: raise it to %lu MiB or far more",
		      mib(b->nr_pages), kernel_name, mib(window), initrd_name, mib(initrd),
		      mib(need));
}

static void __init create_domain0(struct build *b)
{
	unsigned int vcpus = dom0_vcpus_resolve(nr_cpus, MAX_VCPUS), i;
	const struct domain_config config = {
		.max_vcpus = vcpus,
		.privileged = true,
		.max_grant_version = opts.gnttab_max_version,
		.max_evtchn_port = ~0U,
		.max_grant_frames = opts.gnttab_max_frames,
		.max_maptrack_frames = opts.gnttab_max_maptrack_frames,
	};
	struct domain *d = domain_create(0, &config);

	if (!d)
		panic("Out of memory for domain 0 itself");
	iomem_grant_machine(d);
	ioport_grant_machine(d);
	if (rangeset_add(&d->access.irqs, 0, NR_IRQS - 1))
		panic("Out of memory for domain 0's interrupts");
	b->d = d;
	for (i = 0; i < vcpus; i++)
		if (!vcpu_create(d, i))
			panic("Out of memory for virtual CPU %u of domain 0", i);
	b->v = d->vcpu[0];
}

static void __init start_vcpu(struct build *b, mfn_t l4)
{
	struct vcpu *v = b->v;
	int rc;

	do {
		rc = page_pin(mfn_to_page(l4), b->d->domain_id, PT_L4);
	} while (rc == -ERESTART);
	if (!rc)
		rc = page_get_and_type(mfn_to_page(l4), b->d->domain_id, PT_L4);
	if (rc)
		panic("Domain 0's initial page tables are refused (%d)", rc);
	v->arch.guest_table = l4;
	v->arch.cr3 = mfn_x(l4) << PAGE_SHIFT;
	v->arch.kernel_sp = b->stack_va + PAGE_SIZE;
	v->arch.kernel_ss = FLAT_DS;
	v->regs.rip = b->kernel.entry;
	v->regs.rsp = b->stack_va + PAGE_SIZE;
	v->regs.rsi = b->start_info_va;
	v->initialised = true;
}

static void __init report(const struct build *b)
{
	const struct elf_kernel *k = &b->kernel;

	pr_info("*** Domain 0: %lu MiB, %u virtual CPUs\n", b->nr_pages >> (20 - PAGE_SHIFT),
		b->d->max_vcpus);
	pr_info(" Kernel:      %016lx-%016lx entry %016lx\n", k->virt_start, k->virt_end, k->entry);
	pr_info(" Initramfs:   pfn %lx, %lu KiB\n", b->initrd_pfn, b->initrd_len >> 10);
	pr_info(" P2M list:    %016lx, %lu pages\n", k->init_p2m, b->nr_p2m_frames);
	pr_info(" Start info:  %016lx\n", b->start_info_va);
	pr_info(" Page tables: %016lx-%016lx\n", b->pt_va, b->stack_va);
	pr_info(" Boot stack:  %016lx, window ends at %016lx\n", b->stack_va, b->v_end);
}

/* The kernel module's own frames, once its contents are in place. */
static void __init free_module(const struct boot_module *m)
{
	unsigned long first = m->start >> PAGE_SHIFT, end = pages_of(m->end);

	page_alloc_add_range(_mfn(first), _mfn(end));
}

struct domain *__init dom0_build(const struct boot_info *bi)
{
	struct build b = { .next_pfn = 0 };
	struct scratch unpacked = { .pg = NULL };
	size_t len;
	u64 max_pages;
	mfn_t l4;

	if (!bi->nr_modules)
		panic("No domain 0 kernel: GRUB's entry needs a 'module2' line with the kernel (/boot/vmlinuz-...) after the hypervisor");
	create_domain0(&b);
	b.nr_pages = dom0_pages(bi, &max_pages);
	b.image = unpack_kernel(bi, &len, &unpacked);
	check_kernel(bi, &b, len);
	b.d->max_pages = max(max_pages, (u64)b.nr_pages);

	layout_window(&b);
	b.nr_p2m_frames = DIV_ROUND_UP(b.nr_pages, P2M_PER_PAGE);
	check_fit(bi, &b);
	populate_p2m_list(&b);
	populate(&b, va_to_pfn(&b, b.v_end));
	load_segments(&b);
	scratch_free(&unpacked);
	free_module(&bi->module[0]);
	if (bi->nr_modules > 1)
		take_initrd(&b, &bi->module[1]);
	map_p2m_list(&b);
	populate(&b, b.nr_pages - b.next_pfn);

	l4 = build_tables(&b);
	fill_start_info(&b, bi);
	report(&b);
	start_vcpu(&b, l4);
	hv_free(b.p2m_frame);
	return b.d;
}
