/* SPDX-License-Identifier: GPL-2.0-only */
/* So that functions of ours with names of libc's are linked beside those. */
#define memcpy hv_memcpy
#define memmove hv_memmove
#define memset hv_memset
#define memcmp hv_memcmp
#define memchr hv_memchr
#define strlen hv_strlen
#define strnlen hv_strnlen
#define strcmp hv_strcmp
#define strncmp hv_strncmp
#define strcasecmp hv_strcasecmp
#define strchr hv_strchr
#define strrchr hv_strrchr
#define strstr hv_strstr
