// SPDX-License-Identifier: GPL-2.0-only
/*
 * Formatted printing into a buffer, in the dialect of the Linux kernel: flags
 * "-0+ #", width and precision (also "*"), lengths hh h l ll z t j, conversions
 * d i u x X o c s p %, and after %p: S symbol+offset/size, s symbol alone.
 * No floating point, no %n. No state, no locks.
 */
#include <hv/lib.h>
#include <hv/string.h>
#include <hv/symbols.h>

#define FLAG_LEFT	(1u << 0)
#define FLAG_ZERO	(1u << 1)
#define FLAG_PLUS	(1u << 2)
#define FLAG_SPACE	(1u << 3)
#define FLAG_ALT	(1u << 4)
#define FLAG_UPPER	(1u << 5)
#define FLAG_SIGNED	(1u << 6)

/* Nothing sensible is wider; bounds the padding that a bad argument asks for. */
#define FIELD_MAX 1024

struct spec {
	unsigned int flags;
	unsigned int base;
	int width;
	int precision;		/* -1: none given */
	char length;		/* 'H' hh, 'h', 'l', 'L' ll, 'z', or 0 */
};

struct out {
	char *buf;
	size_t size;
	size_t len;		/* what a buffer without end would hold */
};

static void put(struct out *o, char c)
{
	if (o->len < o->size)
		o->buf[o->len] = c;
	o->len++;
}

static void pad(struct out *o, char c, int n)
{
	while (n-- > 0)
		put(o, c);
}

static void put_string(struct out *o, const struct spec *sp, const char *s)
{
	size_t max = sp->precision >= 0 ? (size_t)sp->precision : ~(size_t)0;
	size_t n;
	int fill;

	if (!s)
		s = "(null)";
	n = strnlen(s, max);
	fill = n < FIELD_MAX ? sp->width - (int)n : 0;
	if (!(sp->flags & FLAG_LEFT))
		pad(o, ' ', fill);
	for (size_t i = 0; i < n; i++)
		put(o, s[i]);
	if (sp->flags & FLAG_LEFT)
		pad(o, ' ', fill);
}

static char sign_of(const struct spec *sp, bool negative)
{
	if (negative)
		return '-';
	if (!(sp->flags & FLAG_SIGNED))
		return 0;
	if (sp->flags & FLAG_PLUS)
		return '+';
	return sp->flags & FLAG_SPACE ? ' ' : 0;
}

static void put_number(struct out *o, const struct spec *sp, u64 v, bool negative)
{
	const char *digits = sp->flags & FLAG_UPPER ? "0123456789ABCDEF" : "0123456789abcdef";
	char sign = sign_of(sp, negative);
	char tmp[24];			/* 22 octal digits of 64 bits */
	int precision = min(sp->precision, FIELD_MAX);
	int n = 0, zeroes, fill, prefix = 0;

	if ((sp->flags & FLAG_ALT) && v)
		prefix = sp->base == 16 ? 2 : sp->base == 8 ? 1 : 0;
	if (!v && precision)
		tmp[n++] = '0';
	for (; v; v /= sp->base)
		tmp[n++] = digits[v % sp->base];

	zeroes = max(precision - n, 0);
	fill = sp->width - n - zeroes - prefix - (sign ? 1 : 0);
	if ((sp->flags & FLAG_ZERO) && !(sp->flags & FLAG_LEFT) && precision < 0 && fill > 0) {
		zeroes = fill;
		fill = 0;
	}

	if (!(sp->flags & FLAG_LEFT))
		pad(o, ' ', fill);
	if (sign)
		put(o, sign);
	if (prefix)
		put(o, '0');
	if (prefix == 2)
		put(o, sp->flags & FLAG_UPPER ? 'X' : 'x');
	pad(o, '0', zeroes);
	while (n)
		put(o, tmp[--n]);
	if (sp->flags & FLAG_LEFT)
		pad(o, ' ', fill);
}

/* %pS and %ps: symbol+0x12/0x40, or the plain number where no symbol is known. */
static void put_symbol(struct out *o, struct spec *sp, unsigned long addr, bool with_offset)
{
	unsigned long offset, size;
	const char *name = symbol_lookup(addr, &offset, &size);
	struct spec hex = { .flags = FLAG_ALT, .base = 16, .precision = -1 };

	if (!name) {
		put_number(o, &hex, addr, false);
		return;
	}
	put_string(o, sp, name);
	if (!with_offset)
		return;
	put(o, '+');
	hex.flags = 0;
	put(o, '0');
	put(o, 'x');
	put_number(o, &hex, offset, false);
	put(o, '/');
	put(o, '0');
	put(o, 'x');
	put_number(o, &hex, size, false);
}

/* Returns the characters after 'p' that were used. */
static int put_pointer(struct out *o, struct spec *sp, const char *after, const void *p)
{
	if (*after == 'S' || *after == 's') {
		put_symbol(o, sp, (unsigned long)p, *after == 'S');
		return 1;
	}
	sp->base = 16;
	if (!sp->width) {
		sp->width = 2 * sizeof(p);
		sp->flags |= FLAG_ZERO;
	}
	put_number(o, sp, (unsigned long)p, false);
	return 0;
}

static const char *parse_flags(const char *f, struct spec *sp)
{
	for (;; f++) {
		switch (*f) {
		case '-':
			sp->flags |= FLAG_LEFT;
			break;
		case '0':
			sp->flags |= FLAG_ZERO;
			break;
		case '+':
			sp->flags |= FLAG_PLUS;
			break;
		case ' ':
			sp->flags |= FLAG_SPACE;
			break;
		case '#':
			sp->flags |= FLAG_ALT;
			break;
		default:
			return f;
		}
	}
}

static const char *parse_field(const char *f, int *field, va_list *args)
{
	int n = 0;

	if (*f == '*') {
		*field = va_arg(*args, int);
		return f + 1;
	}
	for (; isdigit(*f); f++)
		if (n < FIELD_MAX)
			n = n * 10 + *f - '0';
	*field = n;
	return f;
}

static const char *parse_spec(const char *f, struct spec *sp, va_list *args)
{
	*sp = (struct spec){ .base = 10, .precision = -1 };
	f = parse_flags(f, sp);
	f = parse_field(f, &sp->width, args);
	if (sp->width < 0) {
		sp->flags |= FLAG_LEFT;
		sp->width = sp->width < -FIELD_MAX ? FIELD_MAX : -sp->width;
	}
	if (*f == '.')
		f = parse_field(f + 1, &sp->precision, args);
	if (sp->width > FIELD_MAX)
		sp->width = FIELD_MAX;

	switch (*f) {
	case 'h':
		sp->length = f[1] == 'h' ? 'H' : 'h';
		return f + (f[1] == 'h' ? 2 : 1);
	case 'l':
		sp->length = 'l';
		return f + (f[1] == 'l' ? 2 : 1);
	case 'z':
	case 't':
	case 'j':
		sp->length = 'l';
		return f + 1;
	}
	return f;
}

/* long, long long, size_t and ptrdiff_t are all 64 bits wide here. */
static s64 signed_arg(const struct spec *sp, va_list *args)
{
	if (sp->length == 'l')
		return va_arg(*args, s64);
	if (sp->length == 'h')
		return (short)va_arg(*args, int);
	if (sp->length == 'H')
		return (signed char)va_arg(*args, int);
	return va_arg(*args, int);
}

static u64 unsigned_arg(const struct spec *sp, va_list *args)
{
	if (sp->length == 'l')
		return va_arg(*args, u64);
	if (sp->length == 'h')
		return (unsigned short)va_arg(*args, unsigned int);
	if (sp->length == 'H')
		return (unsigned char)va_arg(*args, unsigned int);
	return va_arg(*args, unsigned int);
}

static void put_signed(struct out *o, struct spec *sp, va_list *args)
{
	s64 v = signed_arg(sp, args);

	sp->flags |= FLAG_SIGNED;
	put_number(o, sp, v < 0 ? -(u64)v : (u64)v, v < 0);
}

static void put_unsigned(struct out *o, struct spec *sp, char conversion, va_list *args)
{
	if (conversion == 'X')
		sp->flags |= FLAG_UPPER;
	sp->base = conversion == 'u' ? 10 : conversion == 'o' ? 8 : 16;
	put_number(o, sp, unsigned_arg(sp, args), false);
}

/* Returns where the text after the conversion goes on. */
static const char *put_conversion(struct out *o, const char *f, va_list *args)
{
	struct spec sp;
	char c[2] = "";

	f = parse_spec(f, &sp, args);
	switch (*f) {
	case 'd':
	case 'i':
		put_signed(o, &sp, args);
		break;
	case 'u':
	case 'x':
	case 'X':
	case 'o':
		put_unsigned(o, &sp, *f, args);
		break;
	case 'c':
		c[0] = (char)va_arg(*args, int);
		sp.precision = -1;
		put_string(o, &sp, c);
		break;
	case 's':
		put_string(o, &sp, va_arg(*args, const char *));
		break;
	case 'p':
		f += put_pointer(o, &sp, f + 1, va_arg(*args, const void *));
		break;
	case '%':
		put(o, '%');
		break;
	case '\0':
		return f;
	default:
		/* Not ours: show it, so that the mistake is seen. */
		put(o, '%');
		put(o, *f);
	}
	return f + 1;
}

/**
 * vsnprintf() - Format into @buf, terminated if @size is not 0.
 * @buf:  receives at most @size bytes with the terminator
 * @size: of @buf; 0 to measure only
 * @fmt:  see the head of this file
 * @args: consumed
 *
 * Context: any.
 * Return: the length without terminator that an unlimited @buf would hold.
 */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	struct out o = { .buf = buf, .size = size };
	va_list ap;

	/* A va_list parameter may be an array, whose address is not a va_list *. */
	va_copy(ap, args);
	while (*fmt) {
		if (*fmt == '%')
			fmt = put_conversion(&o, fmt + 1, &ap);
		else
			put(&o, *fmt++);
	}
	va_end(ap);
	if (size)
		buf[o.len < size ? o.len : size - 1] = '\0';
	return (int)o.len;
}

/**
 * snprintf() - As vsnprintf(), with the arguments themselves.
 * @buf:  as vsnprintf()
 * @size: as vsnprintf()
 * @fmt:  as vsnprintf()
 */
int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return n;
}

/**
 * scnprintf() - As snprintf(), but returns what is in @buf after truncation.
 * @buf:  as vsnprintf()
 * @size: as vsnprintf()
 * @fmt:  as vsnprintf()
 */
int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(buf, size, fmt, args);
	va_end(args);
	if (n >= (int)size)
		n = size ? (int)size - 1 : 0;
	return n;
}
