#!/usr/bin/env bash
# CPU, wall time and memory of one round over many feeds: vigie, and newsboat and sfeed where installed.
#
#   benches/round.sh BASE_URL FEEDS BRANDS ENTRIES [VIGIE [TURNS]]
#
#   BASE_URL  a server of feeds, http://127.0.0.1:8080 for one, that answers conditional requests
#   FEEDS     a file with a feed's path on the server in the first tab-separated column of each line
#   BRANDS    a file with the name of a brand on each line
#   ENTRIES   how many entries all feeds hold together, to divide by
#   VIGIE     the program, target/release/vigie by default
#   TURNS     how often each program is measured, 3 by default
#
# Every program starts a cold round with nothing stored, then goes over the same feeds again, warm. They take
# turns (A B C A B C), since a machine's speed drifts, and the median of each figure is shown. CPU seconds are
# user and system time of the program and all it starts, the server not among them; memory is the largest
# resident set of any one process. Needs bash, GNU time, awk and sort.
set -euo pipefail

base=${1:?the base URL is missing} feeds=${2:?the list of feeds is missing} brands=${3:?the list of brands is missing}
entries=${4:?the number of entries is missing} vigie=${5:-target/release/vigie} turns=${6:-3}

time=$(command -v time) || { echo "round.sh: GNU time is missing (package time)" >&2; exit 1; }
vigie=$(realpath "$vigie")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
figures=$work/figures

# measure PROGRAM ROUND COMMAND...: runs the command and keeps its CPU and wall seconds and memory in KiB.
measure() {
  local program=$1 round=$2 status=0
  shift 2
  "$time" --quiet -f '%U %S %e %M' -o "$work/time" "$@" >"$work/out" 2>"$work/err" || status=$?
  # vigie ends with 3 where an alert fires.
  if [ "$status" != 0 ] && [ "$status" != 3 ]; then
    echo "round.sh: $program ended with $status in a $round round" >&2
    tail -n 5 "$work/err" >&2
    exit 1
  fi
  awk -v name="$program $round" '{ print name, $1 + $2, $3, $4 }' "$work/time" >>"$figures"
}

paths() { cut -f 1 "$feeds"; }

vigie_rounds() {
  local dir=$work/vigie
  mkdir "$dir"
  {
    printf '[settings]\nhost_pause = "0s"\n'
    awk '{ gsub(/["\\]/, "\\\\&"); printf "[[brand]]\nid = \"b%d\"\nname = \"%s\"\nrole = \"topic\"\n", NR, $0 }' "$brands"
    paths | awk -v base="$base" \
      '{ printf "[[source]]\nid = \"s%d\"\nurl = \"%s/%s\"\nallow_private = true\n", NR, base, $0 }'
  } >"$dir/feeds.toml"
  measure vigie cold "$vigie" --quiet --config "$dir/feeds.toml" poll --all
  if grep -q ' failed ' "$work/out"; then
    echo "round.sh: not every feed could be read from $base" >&2
    exit 1
  fi
  measure vigie warm "$vigie" --quiet --config "$dir/feeds.toml" poll --all
}

newsboat_rounds() {
  local dir=$work/newsboat
  mkdir "$dir"
  paths | sed "s|^|$base/|" >"$dir/urls"
  echo 'reload-threads 8' >"$dir/config"
  local -a reload=(newsboat -q -u "$dir/urls" -C "$dir/config" -c "$dir/cache.db" -x reload)
  measure newsboat cold "${reload[@]}"
  measure newsboat warm "${reload[@]}"
}

sfeed_rounds() {
  local dir=$work/sfeed
  mkdir "$dir"
  {
    printf 'sfeedpath="%s/feeds"\nmaxjobs=16\nfeeds() {\n' "$dir"
    paths | awk -v base="$base" '{ printf "\tfeed \"s%d\" \"%s/%s\"\n", NR, base, $0 }'
    echo '}'
  } >"$dir/sfeedrc"
  measure sfeed cold sfeed_update "$dir/sfeedrc"
  measure sfeed warm sfeed_update "$dir/sfeedrc"
}

programs=(vigie)
command -v newsboat >/dev/null && programs+=(newsboat)
command -v sfeed_update >/dev/null && programs+=(sfeed)
for ((turn = 1; turn <= turns; turn++)); do
  for program in "${programs[@]}"; do
    "${program}_rounds"
    rm -rf "${work:?}/$program"
  done
done

# median PROGRAM ROUND COLUMN
median() {
  awk -v name="$1 $2" -v column="$3" '$1 " " $2 == name { print $column }' "$figures" | sort -n |
    awk '{ value[NR] = $1 } END { middle = int((NR + 1) / 2); print NR % 2 ? value[middle] : (value[middle] + value[middle + 1]) / 2 }'
}

echo "| program | round | CPU s | wall s | memory MB | entries per CPU s |"
echo "| --- | --- | ---: | ---: | ---: | ---: |"
for program in "${programs[@]}"; do
  for round in cold warm; do
    printf '%s %s %s\n' "$(median "$program" "$round" 3)" "$(median "$program" "$round" 4)" "$(median "$program" "$round" 5)" |
      awk -v head="| $program | $round |" -v entries="$entries" \
        '{ printf "%s %.2f | %.2f | %.0f | %.0f |\n", head, $1, $2, $3 * 1024 / 1e6, entries / ($1 > 0 ? $1 : 0.01) }'
  done
done
