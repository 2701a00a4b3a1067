# SPDX-License-Identifier: GPL-2.0-only
# Sourced by the other scripts: messages, clock, and where things are kept.
# shellcheck shell=bash

set -euo pipefail

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${HOSPES_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hospes}
ME=${0##*/}
STARTED=$SECONDS

# say TEXT: a progress line with the seconds since this script began.
say() {
	printf '[%4d s] %s: %s\n' $((SECONDS - STARTED)) "$ME" "$*" >&2
}

# die TEXT: one sentence with the cause and the cure, then the end.
die() {
	printf '%s: %s\n' "$ME" "$*" >&2
	exit 1
}

# need_space DIR MIB: there must be MIB mebibytes free where DIR is.
need_space() {
	local free
	mkdir -p "$1" 2>/dev/null ||
		die "cannot write to $1; set HOSPES_CACHE to a directory that you own"
	free=$(df --output=avail -m "$1" | tail -n 1)
	[ "$free" -ge "$2" ] ||
		die "$1 has ${free// /} MiB free and needs $2; free some, or set HOSPES_CACHE to a bigger disk"
}

# need_value OPTION COUNT: an option that takes a value must have got one.
need_value() {
	[ "$2" -ge 2 ] || die "$1 needs a value; see $ME --help"
}

# usage: prints the calling script's own header comment.
usage() {
	sed -n '3,/^$/{s/^# \{0,1\}//;p}' "$0"
}
