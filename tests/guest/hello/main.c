// SPDX-License-Identifier: GPL-2.0-only
/* The smallest guest: it runs, can speak, and the version is the one promised. */
#include "guest.h"

#define EFAULT		(-14L)
#define ENOSYS		(-38L)
#define ENOBUFS		(-105L)

const char *const test_name = "hello";

/* What tools since Xen 4.18 ask for instead, version.h of 4.20. */
#define XENVER_EXTRAVERSION2	11
#define XENVER_COMMANDLINE2	14

/* The same strings, but as long as they are; and nothing is written where they do not fit. */
static void whole_strings(void)
{
	static const unsigned int old[] = { XENVER_extraversion, XENVER_capabilities,
					    XENVER_changeset, XENVER_commandline };
	static char before[1024];
	static struct {
		u32 len;
		char text[1024];
	} now;

	for (unsigned int cmd = XENVER_EXTRAVERSION2; cmd <= XENVER_COMMANDLINE2; cmd++) {
		long len = HC(xen_version, cmd, 0, 0, 0, 0);

		CHECK(len >= 0 && len < (long)sizeof(before));
		CHECK_EQ(HC(xen_version, old[cmd - XENVER_EXTRAVERSION2], before, 0, 0, 0), 0);
		now.len = len;
		now.text[len] = '!';
		CHECK_EQ(HC(xen_version, cmd, &now, 0, 0, 0), len);
		CHECK_EQ(now.text[len], '!');
		for (long i = 0; i < len; i++)
			CHECK_EQ(now.text[i], before[i]);
		CHECK_EQ(before[len], 0);
		if (len == 0)
			continue;
		now.len = len - 1;
		now.text[0] = '!';
		CHECK_EQ(HC(xen_version, cmd, &now, 0, 0, 0), ENOBUFS);
		CHECK_EQ(now.text[0], '!');
		CHECK_EQ(HC(xen_version, cmd, 8, 0, 0, 0), EFAULT);
	}
	CHECK_EQ(HC(xen_version, XENVER_COMMANDLINE2 + 1, 0, 0, 0, 0), ENOSYS);
}

void test_main(void)
{
	long version = HC(xen_version, XENVER_version, 0, 0, 0, 0);

	CHECK_EQ(version >> 16, 4);
	CHECK((version & 0xffff) >= 17);
	CHECK(start_info->nr_pages > 0);
	whole_strings();
	CHECK((start_info->flags & (SIF_PRIVILEGED | SIF_INITDOMAIN)) ==
	      (SIF_PRIVILEGED | SIF_INITDOMAIN));
}
