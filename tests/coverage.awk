# SPDX-License-Identifier: LGPL-2.1-or-later
# From what gcov says of each file to a table: share of its lines that ran, its lines, its name.
/^File '/ {
  name = substr($0, 7, length($0) - 7)
}
/^Lines executed:/ && name {
  sub(/^Lines executed:/, "")
  split($0, part, "% of ")
  printf "%6.1f%% %6d  %s\n", part[1], part[2], name | "sort -k3"
  lines += part[2]
  ran += part[1] * part[2] / 100
  name = ""
}
END {
  close("sort -k3")
  if (!lines) {
    print "no test has run yet: make check" > "/dev/stderr"
    exit 1
  }
  printf "%6.1f%% %6d  in all\n", 100 * ran / lines, lines
}
