#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Link the hypervisor with a table of its own symbols in it:
#
#	NM=nm CC=gcc link.sh OUTPUT ld FLAGS OBJECTS...
#
# Three links: with an empty table, with one of the right size but of addresses
# from before it was there, and with the right one, which is then verified.

set -e

out=$1
shift
table=$out.table
awk=$(dirname "$0")/symbols.awk
trap 'rm -f "$table.S" "$table.o" "$table.new"' EXIT

link() {
	${CC:-gcc} -c -o "$table.o" "$table.S"
	"$@" "$table.o" -o "$out"
}

awk -f "$awk" < /dev/null > "$table.S"
link "$@"
for pass in 2 3; do
	${NM:-nm} -n "$out" | awk -f "$awk" > "$table.S"
	link "$@"
done

${NM:-nm} -n "$out" | awk -f "$awk" > "$table.new"
if ! cmp -s "$table.S" "$table.new"; then
	echo "$0: addresses still move after the third link; the symbol table would lie" >&2
	rm -f "$out"
	exit 1
fi
