// SPDX-License-Identifier: GPL-2.0-only
/* The smallest guest: it runs, can speak, and the version is the one promised. */
#include "guest.h"

const char *const test_name = "hello";

void test_main(void)
{
	long version = HC(xen_version, XENVER_version, 0, 0, 0, 0);

	CHECK_EQ(version >> 16, 4);
	CHECK((version & 0xffff) >= 17);
	CHECK(start_info->nr_pages > 0);
	CHECK((start_info->flags & (SIF_PRIVILEGED | SIF_INITDOMAIN)) ==
	      (SIF_PRIVILEGED | SIF_INITDOMAIN));
}
