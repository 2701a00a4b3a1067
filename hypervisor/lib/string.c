// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory and string primitives. The compiler itself emits calls to the first
 * four, so their names and meaning are those of the C standard. No state.
 */
#include <hv/string.h>
#include <hv/errno.h>

/* Or the loops below would be compiled into calls of the functions they are. */
#pragma GCC optimize("no-tree-loop-distribute-patterns")

/* A word at any address, of any effective type. */
typedef u64 __attribute__((__may_alias__, __aligned__(1))) word_t;
typedef u32 __attribute__((__may_alias__, __aligned__(1))) half_t;

/* From here on the string instructions win over a loop. */
#define REP_MIN 128

/* 0 to 7 bytes, by two words that may overlap in the middle. */
static void copy_few(u8 *d, const u8 *s, size_t n)
{
	if (n >= sizeof(half_t)) {
		half_t first = *(const half_t *)s, last = *(const half_t *)(s + n - sizeof(half_t));

		*(half_t *)d = first;
		*(half_t *)(d + n - sizeof(half_t)) = last;
	} else if (n) {
		u8 middle = s[n / 2], last = s[n - 1];

		d[0] = s[0];
		d[n / 2] = middle;
		d[n - 1] = last;
	}
}

/*
 * memcpy() - Copy @n bytes between buffers that do not overlap.
 */
void *memcpy(void *dst, const void *src, size_t n)
{
	u8 *d = dst, *last = d + n - sizeof(word_t);
	const u8 *s = src, *last_from = s + n - sizeof(word_t);

	if (n < sizeof(word_t)) {
		copy_few(d, s, n);
		return dst;
	}
	if (n >= REP_MIN) {
		size_t words = n / sizeof(word_t);

		asm volatile("rep movsq" : "+D"(d), "+S"(s), "+c"(words) : : "memory");
	} else {
		for (; d < last; d += sizeof(word_t), s += sizeof(word_t))
			*(word_t *)d = *(const word_t *)s;
	}
	/* The bytes of the last word that the others left, and some again. */
	*(word_t *)last = *(const word_t *)last_from;
	return dst;
}

/*
 * memmove() - Copy @n bytes between buffers that may overlap.
 */
void *memmove(void *dst, const void *src, size_t n)
{
	u8 *d = dst;
	const u8 *s = src;

	/* Ascending is right unless the destination starts inside the source. */
	if (d <= s || d >= s + n) {
		if (d + n <= s || d >= s + n)
			return memcpy(dst, src, n);
		while (n--)
			*d++ = *s++;
		return dst;
	}
	while (n--)
		d[n] = s[n];
	return dst;
}

/*
 * memset() - Fill @n bytes with the low byte of @c.
 */
void *memset(void *dst, int c, size_t n)
{
	u8 *d = dst;
	u64 pattern = (u8)c * 0x0101010101010101UL;

	if (n >= REP_MIN) {
		size_t words = n / sizeof(word_t);

		asm volatile("rep stosq" : "+D"(d), "+c"(words) : "a"(pattern) : "memory");
		n %= sizeof(word_t);
	}
	for (; n >= sizeof(word_t); n -= sizeof(word_t)) {
		*(word_t *)d = pattern;
		d += sizeof(word_t);
	}
	while (n--)
		*d++ = (u8)c;
	return dst;
}

/*
 * memcmp() - Compare as unsigned bytes; not constant in time.
 */
int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *p = a, *q = b;

	for (; n; n--, p++, q++)
		if (*p != *q)
			return *p - *q;
	return 0;
}

/*
 * memchr() - Find the first byte equal to @c in @n bytes.
 */
void *memchr(const void *s, int c, size_t n)
{
	const u8 *p = s;

	for (; n; n--, p++)
		if (*p == (u8)c)
			return (void *)p;
	return NULL;
}

size_t strlen(const char *s)
{
	const char *p = s;

	while (*p)
		p++;
	return p - s;
}

/**
 * strnlen() - Length of @s, reading at most @max bytes.
 * @s:   @max readable bytes, or fewer and a NUL
 * @max: bytes
 */
size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (u8)*a - (u8)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++)
		if (*a != *b || !*a)
			return (u8)*a - (u8)*b;
	return 0;
}

int strcasecmp(const char *a, const char *b)
{
	while (*a && tolower((u8)*a) == tolower((u8)*b)) {
		a++;
		b++;
	}
	return tolower((u8)*a) - tolower((u8)*b);
}

char *strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c)
			return (char *)s;
		if (!*s)
			return NULL;
	}
}

char *strrchr(const char *s, int c)
{
	const char *found = NULL;

	for (;; s++) {
		if (*s == (char)c)
			found = s;
		if (!*s)
			return (char *)found;
	}
}

char *strstr(const char *s, const char *find)
{
	size_t n = strlen(find);

	for (;; s++) {
		if (!strncmp(s, find, n))
			return (char *)s;
		if (!*s)
			return NULL;
	}
}

/**
 * strlcpy() - Copy a string into a buffer of @size bytes, always terminated.
 * @dst:  buffer
 * @src:  string
 * @size: of @dst; with 0 only the length is told
 *
 * Return: the length of @src; truncated if that is @size or more.
 */
size_t strlcpy(char *dst, const char *src, size_t size)
{
	size_t len = strlen(src);

	if (size) {
		size_t n = len < size ? len : size - 1;

		memcpy(dst, src, n);
		dst[n] = '\0';
	}
	return len;
}

/**
 * strlcat() - Append to the string in a buffer of @size bytes.
 * @dst:  string to be extended
 * @src:  what to append
 * @size: of the buffer at @dst
 *
 * Return: the length it wanted to make; truncated if that is @size or more.
 */
size_t strlcat(char *dst, const char *src, size_t size)
{
	size_t used = strnlen(dst, size);

	return used + strlcpy(dst + used, src, size - used);
}

static unsigned int digit_value(char c)
{
	if (isdigit(c))
		return c - '0';
	c = tolower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10U : 16U;
}

/**
 * str_to_u64() - Read an unsigned number.
 * @s:    text; no sign, no leading space
 * @end:  receives the first character not used, may be NULL
 * @base: 10, 16 or 8; 0 to go by a "0x" or "0" prefix; "0x" is allowed with 16
 * @val:  receives the number, untouched on error
 *
 * Return: 0; -EINVAL if there is no digit; -ERANGE if it needs more than 64 bits.
 */
int str_to_u64(const char *s, const char **end, unsigned int base, u64 *val)
{
	u64 v = 0;
	int rc = 0;
	bool hex = s[0] == '0' && tolower(s[1]) == 'x' && digit_value(s[2]) < 16;

	if (!base)
		base = hex ? 16 : s[0] == '0' ? 8 : 10;
	if (base == 16 && hex)
		s += 2;

	if (digit_value(*s) >= base) {
		if (end)
			*end = s;
		return -EINVAL;
	}
	for (; digit_value(*s) < base; s++) {
		u64 next = v * base + digit_value(*s);

		if (v > (~(u64)0 - digit_value(*s)) / base)
			rc = -ERANGE;
		v = next;
	}
	if (end)
		*end = s;
	if (!rc)
		*val = v;
	return rc;
}

/**
 * simple_strtoull() - As str_to_u64(), for callers who take 0 and ~0 for an answer.
 * @s:    as str_to_u64()
 * @end:  as str_to_u64()
 * @base: as str_to_u64()
 *
 * Return: the number; 0 without a digit; the largest value if out of range.
 */
unsigned long long simple_strtoull(const char *s, const char **end, unsigned int base)
{
	u64 v = 0;

	if (str_to_u64(s, end, base, &v) == -ERANGE)
		return ~0ULL;
	return v;
}

const char *skip_spaces(const char *s)
{
	while (isspace(*s))
		s++;
	return s;
}
