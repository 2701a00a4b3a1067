# SPDX-License-Identifier: GPL-2.0-only
#
# From "nm -n" of the linked hypervisor to the table that lib/symbols.c reads:
#
#	nm -n xen-hospes.tmp | awk -f symbols.awk > symbols.S
#
# Without input it makes the empty table for the first link. Functions only.
# Of several names for one address the last one that does not begin with "_"
# stays, so that linker script markers do not hide the function behind them.
# Where data follows a function, an entry without a name ends it.
# Addresses are handled as text split in two, awk's numbers being too short.

# Lower half of a 16-digit address, as a number; the upper half must not change.
function low(addr,	i, v, s)
{
	s = substr(addr, 9)
	for (i = 1; i <= 8; i++)
		v = v * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
	return v
}

$2 == "A" { next }

# The libraries' functions are gone when most traces are printed: see boot/libs.lds.
$3 == "libs_text_start" { skip = 1 }
$3 == "libs_text_end" { skip = 0; $2 = "D" }
skip { $2 = "D" }

$2 ~ /^[tTwW]$/ {
	if ($3 ~ /^\./)
		next
	if (n && addr[n] == $1) {
		if (name[n] == "" || $3 !~ /^_/)
			name[n] = $3
	} else {
		addr[++n] = $1
		name[n] = $3
	}
	next
}

n && name[n] != "" && $1 != addr[n] {
	addr[++n] = $1
	name[n] = ""
}

END {
	# The last entry is an end, not a function.
	count = n ? n - 1 : 0
	print "\t.section .symbols, \"a\""
	print "\t.globl symbols_base, symbols_count, symbols_offsets, symbols_names"
	print "\t.hidden symbols_base, symbols_count, symbols_offsets, symbols_names"
	print "\t.balign 8"
	printf "symbols_base:\n\t.quad 0x%s\n", n ? addr[1] : "0"
	printf "symbols_count:\n\t.long %d\n", count
	print "symbols_offsets:"
	for (i = 1; i <= n; i++)
		printf "\t.long %d\n", low(addr[i]) - low(addr[1])
	if (!n)
		print "\t.long 0"
	print "symbols_names:"
	for (i = 1; i <= count; i++)
		printf "\t.asciz \"%s\"\n", name[i]
	print "\t.section .note.GNU-stack, \"\", @progbits"
}
