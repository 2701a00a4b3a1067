/* SPDX-License-Identifier: GPL-2.0-only */
/* Debug keys: a letter on the hypervisor's console, or "xl debug-keys". */
#ifndef HV_KEYHANDLER_H
#define HV_KEYHANDLER_H

#include <hv/types.h>

void keyhandler_init(void);
void register_keyhandler(unsigned char key, void (*fn)(unsigned char key), const char *desc);
void keyhandler_press(unsigned char key);
void keyhandler_run(unsigned char key);

#endif
