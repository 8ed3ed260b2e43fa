#!/usr/bin/env bash
# What listening costs: CPU, wall time and memory of rounds over many feeds, CPU while nothing is due, and the
# time from a publication to the notifier. Beside vigie newsboat and sfeed are measured, where installed.
#
#   benches/round.sh SERVER FEEDS [MANY [VIGIE [TURNS]]]
#
#   SERVER  a program that serves the files of a folder: `SERVER FOLDER PORT` listens on 127.0.0.1, answers
#           conditional requests, adds one entry to each of 50 feeds when asked for /_ctl/touch?n=50&k=NUMBER,
#           and ends when asked for /_ctl/quit
#   FEEDS   a folder with the feeds; feeds.tsv in it has, on each line, a feed's file and how many entries it
#           holds (parted by a tab), brands.txt a brand on each line
#   MANY    a folder of the same kind with more feeds, which vigie alone is given; `-` for none, the default
#   VIGIE   the program, target/release/vigie by default
#   TURNS   how often each program is measured, 3 by default
#
# In the environment: PEERS=no leaves the others out, IDLE_S is how long vigie is watched idle, 120 s by default,
# CORES the cores that everything runs on, the server too, `0` by default. On one core a program that waits for an
# answer and the server that gives it take turns; on two, each of a thousand answers wakes a core that has gone to
# sleep, and what that costs, which differs between machines, is counted as the program's.
#
# Rounds: `cold` begins with nothing stored; `warm` finds every feed unchanged and is told so (304); `changed`
# finds one new entry in each of 50 feeds; `plain` finds every feed unchanged at a server that cannot tell. The
# programs take turns (A B C A B C), since a machine's speed drifts, and the median of each figure is shown.
# CPU seconds are user and system time of the program and all it starts, the server not among them; memory is
# the largest resident set of any one process. Needs bash, GNU time, taskset, curl, python3, awk and sort.
set -euo pipefail

server=${1:?the server is missing} feeds=${2:?the folder of feeds is missing} many=${3:--}
vigie=$(realpath "${4:-target/release/vigie}") turns=${5:-3}
idle_s=${IDLE_S:-120}

taskset -cp "${CORES:-0}" $$ >/dev/null
time=$(command -v time) || { echo "round.sh: GNU time is missing (package time)" >&2; exit 1; }
here=$(dirname "$(realpath "$0")")
work=$(mktemp -d)
figures=$work/figures
started=()
trap 'kill "${started[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT

# serve FOLDER: starts the server on a free port; sets `base`.
serve() {
  local port
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  "$server" "$1" "$port" >/dev/null 2>&1 &
  started+=($!)
  base=http://127.0.0.1:$port
  curl -s -o /dev/null --retry 120 --retry-delay 1 --retry-connrefused "$base/"
}

# plain FOLDER NAME: starts the server of feeds without validators; sets `base`, and `log`, what it prints.
plain() {
  log=$work/plain.log
  : >"$log"
  python3 "$here/plain.py" "$1" "$2" >"$log" &
  started+=($!)
  until [ -s "$log" ]; do sleep 0.1; done
  base=http://127.0.0.1:$(head -n 1 "$log")
}

# measure PROGRAM ROUND COMMAND...: runs the command and keeps its CPU and wall seconds and memory in KiB.
measure() {
  local program=$1 round=$2 status=0 TIMEFORMAT='%3U %3S %3R'
  shift 2
  # GNU time knows the memory, but cuts each CPU time to hundredths of a second.
  { time "$time" --quiet -f %M -o "$work/memory" "$@" >"$work/out" 2>"$work/err" || status=$?; } 2>"$work/time"
  # vigie ends with 3 where an alert fires.
  if [ "$status" != 0 ] && [ "$status" != 3 ]; then
    echo "round.sh: $program ended with $status in a $round round" >&2
    tail -n 5 "$work/err" >&2
    exit 1
  fi
  tail -n 1 "$work/time" | awk -v name="$program $round" -v memory="$(tail -n 1 "$work/memory")" \
    '{ print name, $1 + $2, $3, memory }' >>"$figures"
}

paths() { cut -f 1 "$1/feeds.tsv"; }

# configure DIR BASE FOLDER: writes feeds.toml for all feeds of a folder.
configure() {
  mkdir -p "$1"
  {
    printf '[settings]\nhost_pause = "0s"\n'
    awk '{ gsub(/["\\]/, "\\\\&"); printf "[[brand]]\nid = \"b%d\"\nname = \"%s\"\nrole = \"topic\"\n", NR, $0 }' \
      "$3/brands.txt"
    paths "$3" | awk -v base="$2" \
      '{ printf "[[source]]\nid = \"s%d\"\nurl = \"%s/%s\"\nallow_private = true\n", NR, base, $0 }'
  } >"$1/feeds.toml"
}

# poll ROUND DIR
poll() {
  measure vigie "$1" "$vigie" --quiet --config "$2/feeds.toml" poll --all
  if grep -q ' failed ' "$work/out"; then
    echo "round.sh: not every feed could be read in a $1 round" >&2
    exit 1
  fi
}

vigie_rounds() {
  local dir=$work/vigie touched
  configure "$dir" "$1" "$feeds"
  poll cold "$dir"
  poll warm "$dir"
  touched=$(curl -fsS "$1/_ctl/touch?n=50&k=$2")
  [ "$touched" = 50 ] || { echo "round.sh: the server did not add 50 entries: $touched" >&2; exit 1; }
  poll changed "$dir"
  configure "$work/vigie-plain" "$plain_base" "$feeds"
  "$vigie" --quiet --config "$work/vigie-plain/feeds.toml" poll --all >/dev/null
  poll plain "$work/vigie-plain"
  rm -rf "$work/vigie-plain"
}

newsboat_rounds() {
  local dir=$work/newsboat
  mkdir "$dir"
  paths "$feeds" | sed "s|^|$1/|" >"$dir/urls"
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
    paths "$feeds" | awk -v base="$1" '{ printf "\tfeed \"s%d\" \"%s/%s\"\n", NR, base, $0 }'
    echo '}'
  } >"$dir/sfeedrc"
  measure sfeed cold sfeed_update "$dir/sfeedrc"
  measure sfeed warm sfeed_update "$dir/sfeedrc"
}

# median PROGRAM ROUND COLUMN
median() {
  awk -v name="$1 $2" -v column="$3" '$1 " " $2 == name { print $column }' "$figures" | sort -n |
    awk '{ value[NR] = $1 } END { middle = int((NR + 1) / 2); print NR % 2 ? value[middle] : (value[middle] + value[middle + 1]) / 2 }'
}

# row PROGRAM ROUND FOLDER
row() {
  local entries
  entries=$(awk '{ entries += $2 } END { print entries }' "$3/feeds.tsv")
  printf '%s %s %s\n' "$(median "$1" "$2" 3)" "$(median "$1" "$2" 4)" "$(median "$1" "$2" 5)" |
    awk -v head="| $1 | $2 | $(wc -l <"$3/feeds.tsv") |" -v entries="$entries" \
      '{ printf "%s %.3f | %.2f | %.0f | %.0f |\n", head, $1, $2, $3 * 1024 / 1e6, $1 * 1e6 / entries }'
}

# CPU time of all threads of a process, in nanoseconds, and how often they went to sleep.
spent() { cat /proc/"$1"/task/*/schedstat | awk '{ spent += $1 } END { printf "%.0f\n", spent }'; }
sleeps() { cat /proc/"$1"/task/*/status | awk '/^voluntary_ctxt/ { sleeps += $2 } END { print sleeps }'; }

# idle DIR: `run` over feeds that were just polled, with a rule for every brand.
idle() {
  local before after woken
  printf '[[rule]]\nid = "spike"\nkind = "spike"\nbrands = [%s]\n' \
    "$(seq -f '"b%.0f"' -s , "$(wc -l <"$feeds/brands.txt")")" >>"$1/feeds.toml"
  "$vigie" --quiet --config "$1/feeds.toml" run >/dev/null 2>&1 &
  started+=($!)
  sleep 15
  before=$(spent $!) woken=$(sleeps $!)
  sleep "$idle_s"
  after=$(spent $!) woken=$(($(sleeps $!) - woken))
  kill -TERM $!
  awk -v spent=$((after - before)) -v woken="$woken" -v seconds="$idle_s" -v feeds="$(wc -l <"$feeds/feeds.tsv")" 'BEGIN {
    printf "Idle, %d feeds: %.4f %% of a core, %.1f wakings a second, over %d s.\n", feeds, spent / 1e7 / seconds, woken / seconds, seconds
  }'
}

# latency DIR: from the moment an entry is published, in the answer to the poll, to the notifier's clock.
latency() {
  local turn dir published told
  : >"$work/latencies"
  for ((turn = 1; turn <= 2 * turns + 1; turn++)); do
    dir=$1/$turn
    mkdir -p "$dir"
    plain "$feeds" Zorblaxo
    cat >"$dir/feeds.toml" <<TOML
[settings]
host_pause = "0s"
[[brand]]
id = "zorblaxo"
name = "Zorblaxo"
[[source]]
id = "fresh"
url = "$base/fresh.xml"
every = "1s"
allow_private = true
[[rule]]
id = "named"
kind = "pattern"
text = "zorblaxo"
notify = ["clock"]
[[notifier]]
id = "clock"
kind = "command"
argv = ["sh", "-c", "date +%s%N >>$dir/told"]
TOML
    "$vigie" --quiet --config "$dir/feeds.toml" run >/dev/null 2>&1 &
    started+=($!)
    for ((tenths = 0; tenths < 300; tenths++)); do
      [ -s "$dir/told" ] && break
      sleep 0.1
    done
    kill -TERM $!
    published=$(sed -n 2p "$log") told=$(head -n 1 "$dir/told")
    echo $(((told - published) / 1000)) >>"$work/latencies"
  done
  sort -n "$work/latencies" | awk '{ value[NR] = $1 / 1000 } END {
    printf "From publication to the notifier: median %.1f ms, longest %.1f ms, of %d.\n", value[int((NR + 1) / 2)], value[NR], NR
  }'
}

serve "$feeds"
feeds_base=$base
plain "$feeds" nobody
plain_base=$base
programs=(vigie)
if [ "${PEERS:-yes}" = yes ]; then
  command -v newsboat >/dev/null && programs+=(newsboat)
  command -v sfeed_update >/dev/null && programs+=(sfeed)
fi
for ((turn = 1; turn <= turns; turn++)); do
  for program in "${programs[@]}"; do
    "${program}_rounds" "$feeds_base" "$turn"
    [ "$program $turn" = "vigie $turns" ] || rm -rf "${work:?}/$program"
  done
done
echo "| program | round | feeds | CPU s | wall s | memory MB | CPU µs per entry |"
echo "| --- | --- | ---: | ---: | ---: | ---: | ---: |"
for round in cold warm changed plain; do row vigie "$round" "$feeds"; done
for program in "${programs[@]:1}"; do
  for round in cold warm; do row "$program" "$round" "$feeds"; done
done
if [ "$many" != - ]; then
  serve "$many"
  for ((turn = 1; turn <= turns; turn++)); do
    rm -rf "$work/many"
    configure "$work/many" "$base" "$many"
    poll many-cold "$work/many"
    poll many-warm "$work/many"
  done
  for round in many-cold many-warm; do row vigie "$round" "$many"; done
fi
echo
idle "$work/vigie"
latency "$work/latency"
