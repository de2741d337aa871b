#!/bin/sh
# check-symbols.sh <dynlink_loader.h> <cuda|nvenc|cuvid> <library>
# Fails, with their names, when the library lacks names that the loader of ffmpeg requires. Names that only Windows or
# only another pointer size asks for stand between `#if defined(_WIN32)` or in an `#else`, and are passed over.
set -eu
header=$1 part=$2 library=$3
wanted=$(mktemp) there=$(mktemp)
trap 'rm -f "$wanted" "$there"' EXIT
awk -v start="int ${part}_load_functions" '
	index($0, start) { inside = 1 }
	/^}/ { inside = 0 }
	inside && /^#if.*_WIN32/ { skip = 1 }
	inside && /^#else/ { skip = 1 }
	inside && /^#endif/ { skip = 0 }
	inside && !skip && /LOAD_SYMBOL\(/ { if (match($0, /"[^"]+"/)) print substr($0, RSTART + 1, RLENGTH - 2) }
' "$header" | sort -u >"$wanted"
[ -s "$wanted" ] || { echo "no names found in $header for $part" >&2; exit 1; }
nm -D --defined-only "$library" | awk '{ print $3 }' | sort -u >"$there"
missing=$(comm -23 "$wanted" "$there")
if [ -n "$missing" ]; then
	echo "$library lacks names that ffmpeg requires:" $missing >&2
	exit 1
fi
