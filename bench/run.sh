#!/bin/sh
# run.sh [NAME ...]: measures what docs/BENCH.md lists, or those named, and prints
# a line for each: what, the figure, what was to be reached, and whether it was.
#
# Peers (nginx, cp) run in turn with Chancery, and a ratio is the median of ROUNDS
# rounds. SECONDS_EACH: of each run. LONG=1: growth up to 10^7 leaves, decisions on 10^7 tuples, and longer
# downloads of 1 GiB. BIN: where the programs are. WORK: a folder on the disk to measure
# on (/tmp); KEEP=1 leaves what was made there.
set -eu
cd "$(dirname "$0")/.."

ROUNDS=${ROUNDS:-3}
SECONDS_EACH=${SECONDS_EACH:-4}
LONG=${LONG:-}
all="engine list log_verify secrets sign_in revoke memory rename get p99 subscriber download flat import growth timeline decide web editor"

programs="chanceryd chancery-core chancery-front chancery-keeper chancery-blobs chancery"
programs="$programs bench-load bench-follow bench-engine bench-decide bench-tree bench-secrets bench-sign-in bench-revoke bench-files bench-documents chancery-zygote slow-sync"
# shellcheck disable=SC2086 # one word a target
[ -n "${BIN:-}" ] || scripts/build.sh bench $programs
bin=$(cd "${BIN:-build/bench/bin}" && pwd)
work=$(mktemp -d "${WORK:-/tmp}/chancery-bench-XXXXXX")
server='' nginx='' helper=''
missed=0

stop() {
	[ -n "$1" ] || return 0
	kill "$1" 2>/dev/null || :
	wait "$1" 2>/dev/null || :
}

# shellcheck disable=SC2317 # a trap calls it
cleanup() {
	status=$?
	stop "$helper"
	stop "$server"
	stop "$nginx"
	[ -n "${KEEP:-}" ] || rm -rf "$work"
	exit "$status"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

# ---- words and numbers ------------------------------------------------------

# calc EXPRESSION: with three digits behind the point.
calc() {
	awk "BEGIN { printf \"%.3f\", $1 }"
}

is() {
	awk "BEGIN { exit !($1) }"
}

# value NAME: out of a line of NAME=VALUE on the input.
value() {
	tr ' ' '\n' | sed -n "s/^$1=//p"
}

median() {
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# say WHAT FIGURE TARGET CONDITION: one line of the result.
say() {
	if is "$4"; then
		verdict=reached
	else
		verdict='NOT REACHED'
		missed=1
	fi
	printf '%-38s %-52s %-34s %s\n' "$1" "$2" "$3" "$verdict"
}

# What a target isn't set for.
tell() {
	printf '%-38s %s\n' "$1" "$2"
}

# ---- Chancery ----------------------------------------------------------------

# start_server [disk|slow]: with the disk's own fsync, or 1 ms more.
start_server() {
	state=$work/state
	rm -rf "$state"
	mkdir "$state"
	printf 'https_port = 0\nhttp_port = 0\nengine =\nmax_connections_address = 20000\n%s\n' \
		"${settings:-}" >"$state/chancery.conf"
	preload=''
	[ "${1:-disk}" = disk ] || preload=$bin/slow-sync.so
	LD_PRELOAD=$preload SLOW_SYNC_US=1000 "$bin/chanceryd" --state "$state" \
		--hostname localhost >"$work/server.log" 2>&1 &
	server=$!
	until [ -s "$state/run.json" ]; do
		kill -0 "$server" || { cat "$work/server.log"; exit 1; }
		sleep 0.05
	done
	http=$(sed 's/.*"http":\([0-9]*\).*/\1/' "$state/run.json")
	https=$(sed 's/.*"https":\([0-9]*\).*/\1/' "$state/run.json")
	token=$(cat "$state/token")
	url=http://localhost:$http
}

stop_server() {
	stop "$server"
	server=''
}

# ask PATH [CURL OPTION ...]
ask() {
	path=$1
	shift
	curl -sS --fail-with-body --oauth2-bearer "$token" "$@" "$url$path"
}

# metric NAME: of core.
metric() {
	ask /metrics | sed -n "s/^$1 //p"
}

# The processes of the server whose program is chancery-NAME.
processes() {
	for p in /proc/[0-9]*; do
		[ "$(sed -n 's/^PPid:\t//p' "$p/status" 2>/dev/null)" = "$server" ] ||
			continue
		case $(readlink "$p/exe") in
		*"/chancery-$1") echo "${p#/proc/}" ;;
		esac
	done
}

# rss NAME: KiB of memory that is resident, of all
# processes of that name together.
rss() {
	for p in $(processes "$1"); do
		sed -n 's/^Rss: *\([0-9]*\) kB/\1/p' "/proc/$p/smaps_rollup"
	done | awk '{ n += $1 } END { print n + 0 }'
}

# cpu PID ...: seconds of processor time so far.
cpu() {
	for p in "$@"; do
		sed 's/.*) //' "/proc/$p/stat"
	done | awk -v tick="$(getconf CLK_TCK)" '{ n += $12 + $13 } END { print n / tick }'
}

server_cpu() {
	# shellcheck disable=SC2046 # one word a process
	cpu $(processes front) $(processes core) $(processes blobs)
}

# make_files COUNT SIZE: files in the home folder, by an operation each, as people
# make them; their ids go to $work/ids.
make_files() {
	content=$(head -c "$2" /dev/zero | base64 -w 0)
	: >"$work/ids"
	made=0
	while [ "$made" -lt "$1" ]; do
		awk -v from="$made" -v most="$1" -v content="$content" 'BEGIN {
			printf "{\"using\":[\"urn:chancery:operations\"],\"methodCalls\":["
			for (i = from; i < from + 32 && i < most; i++)
				printf "%s[\"file.create\",{\"path\":\"\",\"name\":\"file %d\",\"content\":\"%s\"},\"0\"]",
				    (i > from ? "," : ""), i, content
			printf "]}"
		}' >"$work/create.json"
		ask /jmap/api -H 'Content-Type: application/json' --data-binary "@$work/create.json" |
			jq -r '.methodResponses[][1].results[].id' >>"$work/ids"
		made=$((made + 32))
	done
	account=$(ask /jmap/session | jq -r '.primaryAccounts | first(.[])')
}

# make_file NAME BYTES: uploads one.
make_file() {
	head -c "$2" /dev/zero >"$work/body"
	ask "/files/$1" -T "$work/body" -H 'Content-Type: application/octet-stream' -o "$work/made"
	rm "$work/body"
}

# ---- nginx ---------------------------------------------------------------------

free_port() {
	port=$((20000 + $$ % 10000))
	while curl -s -o /dev/null "http://127.0.0.1:$port/"; do
		port=$((port + 1))
	done
	echo "$port"
}

# start_nginx: 2 workers over the files of $work/www, plain and TLS.
start_nginx() {
	mkdir -p "$work/www" "$work/nginx"
	chmod 755 "$work" "$work/www"
	plain=$(free_port)
	secure=$((plain + 1))
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-subj /CN=localhost -keyout "$work/nginx/key" -out "$work/nginx/cert" 2>"$work/openssl.log"
	cat >"$work/nginx/conf" <<-EOF
		worker_processes 2;
		daemon off;
		pid $work/nginx/pid;
		error_log $work/nginx/error.log;
		events { worker_connections 4096; }
		http {
			access_log off;
			sendfile on;
			tcp_nopush on;
			keepalive_requests 1000000000;
			open_file_cache max=100;
			client_body_temp_path $work/nginx/body;
			proxy_temp_path $work/nginx/proxy;
			fastcgi_temp_path $work/nginx/fastcgi;
			scgi_temp_path $work/nginx/scgi;
			uwsgi_temp_path $work/nginx/uwsgi;
			server {
				listen 127.0.0.1:$plain;
				listen 127.0.0.1:$secure ssl;
				ssl_certificate $work/nginx/cert;
				ssl_certificate_key $work/nginx/key;
				root $work/www;
			}
		}
	EOF
	nginx -e "$work/nginx/error.log" -c "$work/nginx/conf" &
	nginx=$!
	until curl -s -o /dev/null "http://127.0.0.1:$plain/"; do
		kill -0 "$nginx"
		sleep 0.05
	done
}

nginx_cpu() {
	# shellcheck disable=SC2046
	cpu $(cat "/proc/$nginx/task/$nginx/children")
}

# ---- ratios --------------------------------------------------------------------------

# load SECONDS ARGUMENT ...: runs the generator.
load() {
	load_seconds=$1
	shift
	"$bin/bench-load" --token "$token" --seconds "$load_seconds" "$@"
}

# in_turn WHAT LEAST FILE-OF-NGINX ARGUMENT ...: nginx, then Chancery, ROUNDS
# times. PORTS says which ports: plain or tls. LEAST may be empty: none is set.
in_turn() {
	what=$1 least=$2 file=$3
	shift 3
	: >"$work/ratios"
	: >"$work/cpu_ratios"
	if [ "$PORTS" = tls ]; then
		tls=--tls our=$https their=$secure
	else
		tls='' our=$http their=$plain
	fi
	for _ in $(seq "$ROUNDS"); do
		before=$(nginx_cpu)
		# shellcheck disable=SC2086
		theirs=$(load "$SECONDS_EACH" $tls --port "$their" --connections "$CONNECTIONS" get "/$file")
		their_cpu=$(calc "($(nginx_cpu) - $before) / $(echo "$theirs" | value all) * 1e6")
		before=$(server_cpu)
		# shellcheck disable=SC2086
		ours=$(load "$SECONDS_EACH" $tls --port "$our" --connections "$CONNECTIONS" "$@")
		our_cpu=$(calc "($(server_cpu) - $before) / $(echo "$ours" | value all) * 1e6")
		calc "$(echo "$ours" | value rate) / $(echo "$theirs" | value rate)" >>"$work/ratios"
		echo >>"$work/ratios"
	done
	ratio=$(median <"$work/ratios")
	figure="${ratio}x nginx ($(echo "$ours" | value rate)/s of $(echo "$theirs" | value rate)/s)"
	if [ -n "$least" ]; then
		say "$what" "$figure" "at least ${least}x" "$ratio >= $least"
	else
		tell "$what" "$figure"
	fi
	tell "" "processor us each: $our_cpu, nginx $their_cpu; p99 $(echo "$ours" | value p99_ms) ms; load generator $(echo "$ours" | value load_cores) cores"
}

# ---- what is measured ------------------------------------------------------------------

bench_engine() {
	for disk in disk slow; do
		preload=''
		[ "$disk" = disk ] || preload=$bin/slow-sync.so
		line=$(LD_PRELOAD=$preload SLOW_SYNC_US=1000 "$bin/bench-engine" create 60000 1024)
		rate=$(echo "$line" | value rate)
		say "file.create of 1 KiB, in the writer ($disk)" \
			"$rate/s ($(echo "$line" | value cpu_us) us of processor each)" \
			"at least 10000/s" "$rate >= 10000"
	done
}

bench_list() {
	line=$("$bin/bench-engine" list 100000 500)
	first=$(echo "$line" | value first_ms)
	last=$(echo "$line" | value last_ms)
	say "a page of 500 of 100,000 files, the first" "$first ms" "under 20 ms" "$first < 20"
	say "  the last" "$last ms ($(calc "$last / $first") of the first)" \
		"under 20 ms" "$last < 20 && $last < 1.5 * $first"
	tell "search by name among 100,000" "one: $(echo "$line" | value search_one_ms) ms, the first page of all: $(echo "$line" | value search_all_ms) ms"
}

# rename FSYNC PORTS LEAST
rename() {
	start_server "$1"
	make_files 64 100
	PORTS=$2 CONNECTIONS=64
	# The answer's size is nginx's file's size.
	id=$(head -n 1 "$work/ids")
	ask /jmap/api -H 'Content-Type: application/json' -d "{\"using\":[\"urn:chancery:files\"],\"methodCalls\":[[\"FileNode/set\",{\"accountId\":\"$account\",\"update\":{\"$id\":{\"name\":\"x\"}}},\"0\"]]}" >"$work/www/answer"
	commits=$(metric chancery_commits_total)
	done=$(metric chancery_operations_total)
	in_turn "rename by JMAP, $2 ($1)" "$3" answer --expect '"updated":{"f' rename "$account" "$work/ids"
	share=$(calc "($(metric chancery_commits_total) - $commits) / ($(metric chancery_operations_total) - $done)")
	say "  commits (one fsync each) a rename" "$share" "under 0.05" "$share < 0.05"
	stop_server
}

bench_rename() {
	start_nginx
	rename disk plain 0.15
	rename disk tls 0.2
	rename slow plain 0.15
	rename slow tls 0.2
	stop "$nginx"
	nginx=''
}

bench_get() {
	start_nginx
	head -c 4096 /dev/zero >"$work/www/4k"
	for disk in disk slow; do
		start_server "$disk"
		make_file 4k 4096
		for PORTS in plain tls; do
			CONNECTIONS=64
			in_turn "GET of 4 KiB, $PORTS ($disk)" 0.3 4k get /files/4k
		done
		stop_server
	done
	stop "$nginx"
	nginx=''
}

bench_p99() {
	for disk in disk slow; do
		start_server "$disk"
		make_files 256 100
		most=5
		# A flush is below 0.1 ms here, but for the modelled one.
		[ "$disk" = disk ] || most=7.2
		: >"$work/p99"
		for _ in $(seq "$ROUNDS"); do
			line=$(load "$SECONDS_EACH" --port "$http" --connections 256 --rate 6400 \
				--expect '"updated":{"f' rename "$account" "$work/ids")
			echo "$line" | value p99_ms >>"$work/p99"
		done
		p99=$(median <"$work/p99")
		say "p99 at 6,400 renames/s ($disk)" \
			"$p99 ms (p50 $(echo "$line" | value p50_ms); $(echo "$line" | value rate)/s)" \
			"under 5 ms + 2 fsyncs" "$p99 < $most && $(echo "$line" | value rate) > 6300"
		stop_server
	done
}

bench_subscriber() {
	for disk in disk slow; do
		start_server "$disk"
		make_files 256 100
		"$bin/bench-follow" "$url/log/events" "$token" $((SECONDS_EACH * 2)) >"$work/follow" &
		helper=$!
		line=$(load $((SECONDS_EACH * 2 + 1)) --port "$http" --connections 256 \
			--rate 5000 --expect '"updated":{"f' rename "$account" "$work/ids")
		wait "$helper"
		helper=''
		p99=$(value p99_ms <"$work/follow")
		gaps=$(value gaps <"$work/follow")
		repeats=$(value repeats <"$work/follow")
		say "operation to subscriber at 5,000/s ($disk)" \
			"p99 $p99 ms, $(value events <"$work/follow") events, $gaps gaps, $repeats repeats" \
			"p99 under 250 ms, none" "$p99 < 250 && $gaps == 0 && $repeats == 0 && $(echo "$line" | value rate) > 4900"
		stop_server
	done
}

bench_download() {
	start_nginx
	head -c 1048576 /dev/zero >"$work/www/1m"
	start_server disk
	make_file 1m 1048576
	for PORTS in tls plain; do
		CONNECTIONS=16
		least=0.9
		[ "$PORTS" = tls ] || least=''
		in_turn "1 MiB, $PORTS" "$least" 1m get /files/1m
	done
	stop_server
	stop "$nginx"
	nginx=''
}

bench_flat() {
	start_server disk
	make_file 1g 1073741824
	before="$(rss front) $(rss core) $(rss blobs)"
	seconds=10
	# 100 GiB at some 2 GiB/s.
	[ -z "$LONG" ] || seconds=120
	"$bin/bench-load" --token "$token" --port "$https" --tls --connections 100 \
		--seconds "$seconds" get /files/1g >"$work/flat" &
	helper=$!
	most="$before"
	while kill -0 "$helper" 2>/dev/null; do
		most=$(printf '%s\n%s\n' "$most" "$(rss front) $(rss core) $(rss blobs)" |
			awk '{ for (i = 1; i <= 3; i++) if ($i > m[i]) m[i] = $i } END { print m[1], m[2], m[3] }')
		sleep 0.5
	done
	wait "$helper"
	helper=''
	grown=$(echo "$before $most" | awk '{ print $4 - $1 }')
	# 40 KiB a connection when idle; with what one sends on its way, 1 MiB.
	say "100 clients fetch 1 GiB, TLS" \
		"$(value mib_s <"$work/flat") MiB/s; KiB of front, core, blobs: $before -> at most $most" \
		"memory flat (1 MiB a client)" "$grown < 102400"
	stop_server
}

bench_log_verify() {
	leaves=1000000
	start_server disk
	make_files 64 100
	seconds=1
	[ -z "$LONG" ] || seconds=60
	load $((SECONDS_EACH * 4 * seconds)) --port "$http" \
		--connections 64 rename "$account" "$work/ids" >"$work/line"
	stop_server
	size=$(sed -n 2p "$state/core/log/checkpoint")
	before=$(cut -d ' ' -f 16,17 "/proc/$$/stat")
	"$bin/chancery" log verify --quiet "$state/core/log" >"$work/verify" 2>&1 || {
		cat "$work/verify"
		exit 1
	}
	after=$(cut -d ' ' -f 16,17 "/proc/$$/stat")
	rate=$(echo "$before $after" | awk -v n="$size" -v tick="$(getconf CLK_TCK)" \
		'{ printf "%.0f", n / (($3 + $4 - $1 - $2) / tick) }')
	say "log verify: tree, decoding, references" "$rate leaves/s a core ($size leaves)" \
		"at least 500000" "$rate >= 500000"
	rate=$("$bin/bench-tree" "$leaves" 180 | value leaves_s)
	say "log verify: tree alone" "$rate leaves/s a core" "at least 1500000" "$rate >= 1500000"
}

# names: the server's processes, as ROLE=PID.
names() {
	for role in front core keeper blobs; do
		for pid in $(processes "$role"); do
			echo "$role=$pid"
		done
	done
	echo "parent=$server"
}

bench_sign_in() {
	settings='max_tries_address = 1000000
max_tries_account = 1000000'
	# What a signature's check costs on this machine now, by itself.
	least=$(openssl speed -seconds 2 ecdsap256 2>/dev/null | awk 'END { printf "%.1f", 1e6 / $NF }')
	for PORTS in plain tls; do
		for n in 1 32; do
			start_server disk
			if [ "$PORTS" = tls ]; then tls=--tls port=$https; else tls='' port=$http; fi
			# shellcheck disable=SC2046,SC2086 # one word each
			"$bin/bench-sign-in" $tls "$port" "$token" "$n" \
				$((SECONDS_EACH * 800 * (n > 1 ? 4 : 1))) $(names) >"$work/line"
			us=$(value sign_in_us <"$work/line")
			say "sign-in by passkey, $n at once, $PORTS" \
				"$us us of processor, all roles ($(value rate <"$work/line")/s)" \
				"under 250 us" "$us < 250"
			tell "" "front $(value sign_in_front_us <"$work/line"), core $(value sign_in_core_us <"$work/line"), keeper $(value sign_in_keeper_us <"$work/line"); of it the challenge $(value challenge_us <"$work/line"); the signature alone $least"
			stop_server
		done
	done
	settings=''
}

bench_revoke() {
	settings='max_tries_address = 1000000
max_sessions = 5000
max_tries_account = 1000000'
	for operation in session.revoke_all principal.suspend; do
		start_server disk
		"$bin/bench-revoke" "$http" "$token" "$operation" 10 1000 >"$work/line"
		p99=$(value p99_ms <"$work/line")
		say "10,000 streams die of $operation" \
			"p99 $p99 ms (p50 $(value p50_ms <"$work/line"), the last $(value max_ms <"$work/line"))" \
			"p99 under 1000 ms" "$p99 < 1000"
		stop_server
	done
	settings=''
}

# Nothing where there is no engine: what is missing is said.
bench_documents() {
	CHANCERY_TESTDATA=$PWD/tests/data "$bin/bench-documents" |
		while read -r line; do
			tell documents "$line"
		done
}

# In Debian's Chromium; needs the web app beside the programs.
bench_web() {
	[ -n "${BIN:-}" ] || [ ! -d web/app/dist ] || scripts/build.sh bench web-pack
	[ -f "$bin/web.pack" ] || {
		tell web "there is no web app beside the programs: make web"
		return
	}
	scripts/js.sh
	CHANCERY_BIN=$bin CHANCERY_RUN=$work/run node tests/js/dist/figures.js >"$work/web" 2>"$work/why" || {
		cat "$work/why"
		exit 1
	}
	ms=$(value first_ms <"$work/web")
	say "web app: first load, 10 Mbit/s, 40 ms" "$ms ms to the list" "under 2000 ms" "$ms < 2000"
	ms=$(value view_ms <"$work/web")
	say "web app: another view" "$ms ms from input to paint" "under 100 ms" "$ms < 100"
	ms=$(value many_ms <"$work/web")
	say "web app: a folder of 10,000" "$ms ms from input to paint" "under 100 ms" "$ms < 100"
}

# As bench_web; and it needs LibreOffice.
bench_editor() {
	[ -n "${BIN:-}" ] || [ ! -d web/app/dist ] || scripts/build.sh bench web-pack
	[ -f "$bin/web.pack" ] || {
		tell editor "there is no web app beside the programs: make web"
		return
	}
	[ -f /usr/lib/libreoffice/program/libmergedlo.so ] || {
		tell editor "there is no LibreOffice"
		return
	}
	scripts/js.sh
	CHANCERY_BIN=$bin CHANCERY_RUN=$work/run node tests/js/dist/documents-figures.js >"$work/editor" 2>"$work/why" || {
		cat "$work/why"
		exit 1
	}
	while read -r name most what; do
		ms=$(value "open_${name}_p50_ms" <"$work/editor")
		say "open $what, from the press to all in sight" \
			"p50 $ms ms (p99 $(value "open_${name}_p99_ms" <"$work/editor"), $(value "${name}_bytes" <"$work/editor") bytes)" \
			"p50 under $most ms" "$ms < $most"
	done <<-EOF
		page 400 a text of 1 page
		pages_80 700 a text of 80 pages
		rows_10000 700 a sheet of 10,000 rows
	EOF
	ms=$(value key_0_p50_ms <"$work/editor")
	p99=$(value key_0_p99_ms <"$work/editor")
	bytes=$(value key_0_bytes <"$work/editor")
	say "from a key to its letter" "p50 $ms ms, p99 $p99 ms, $bytes bytes each" \
		"under 25 and 80 ms, 8192 bytes" "$ms < 25 && $p99 < 80 && $bytes < 8192"
	for delay in 40 120; do
		tell "  with $delay ms there and back" \
			"p50 $(value "key_${delay}_p50_ms" <"$work/editor") ms, p99 $(value "key_${delay}_p99_ms" <"$work/editor") ms"
	done
}

bench_secrets() {
	"$bin/bench-secrets" >"$work/line"
	us=$(value passkey_us <"$work/line")
	say "passkey: the keeper's share" "$us us of processor" \
		"under 250 us, all roles" "$us < 250"
	tell "password and code: the keeper's share" \
		"$(value sign_in_ms <"$work/line") ms of processor"
}

# import_into FOLDER: seconds that it took.
import_into() {
	begin=$(date +%s.%N)
	"$bin/chancery" --url "$url" --token-file "$state/token" import "$1" >"$work/import" 2>&1 || {
		tail -n 5 "$work/import"
		exit 1
	}
	calc "$(date +%s.%N) - $begin"
}

bench_import() {
	count=20000
	"$bin/bench-files" "$work/small" "$count" 200 8000
	for disk in slow disk; do
		start_server "$disk"
		rate=$(calc "$count / $(import_into "$work/small")")
		say "import of small files ($disk)" "$rate files/s" "at least 2000/s" "$rate >= 2000"
		stop_server
	done
	rm -rf "$work/small"
	# 4 KiB to 16 MiB, 2 MiB on average.
	"$bin/bench-files" "$work/mixed" 530 4096 16777216
	sync
	begin=$(date +%s.%N)
	cp -r "$work/mixed" "$work/copy"
	sync
	theirs=$(calc "$(date +%s.%N) - $begin")
	for disk in disk slow; do
		start_server "$disk"
		ours=$(import_into "$work/mixed")
		ratio=$(calc "$ours / $theirs")
		say "import of $(du -sm "$work/mixed" | cut -f 1) MiB of mixed sizes ($disk)" \
			"${ratio}x cp -r and sync ($ours s, $theirs s)" "at most 2x" "$ratio <= 2"
		stop_server
	done
	rm -rf "$work/mixed" "$work/copy"
}

bench_memory() {
	start_server disk
	ask /files/ -o "$work/made"
	core=$(rss core)
	front=$(rss front)
	fronts=$(processes front | wc -l)
	say "memory of core, idle" "$core KiB" "at most 65536" "$core <= 65536"
	say "memory of a front, idle" "$((front / fronts)) KiB" "at most 20480" "$front / $fronts <= 20480"
	for PORTS in plain tls; do
		n=1000
		mkfifo "$work/hold"
		if [ "$PORTS" = tls ]; then tls=--tls port=$https; else tls='' port=$http; fi
		# shellcheck disable=SC2086
		"$bin/bench-load" --port "$port" $tls --connections $n idle <"$work/hold" >"$work/open" &
		helper=$!
		exec 9>"$work/hold"
		until [ -s "$work/open" ]; do
			kill -0 "$helper"
			sleep 0.1
		done
		each=$(calc "($(rss front) - $front) / $n")
		exec 9>&-
		wait "$helper"
		helper=''
		rm "$work/hold" "$work/open"
		say "memory of an idle connection, $PORTS" "$each KiB" "at most 40" "$each <= 40"
	done
	stop_server
}

bench_growth() {
	max=1000000
	[ -z "$LONG" ] || max=10000000
	"$bin/bench-engine" growth $max >"$work/growth"
	while read -r line; do
		tell "growth" "$line"
	done <"$work/growth"
	for what in create rename read; do
		first=$(sed -n 2p "$work/growth" | value ${what}_us)
		last=$(tail -n 1 "$work/growth" | value ${what}_us)
		ratio=$(calc "$last / $first")
		say "growth: $what, 10^4 to $max leaves" "${ratio}x ($first us, $last us)" \
			"flat (at most 1.25x)" "$ratio <= 1.25"
	done
}

bench_timeline() {
	"$bin/bench-engine" timeline 1000000 >"$work/timeline"
	while read -r line; do
		tell "counts by time" "$line"
	done <"$work/timeline"
	for what in all "an operation" "a principal"; do
		most=$(sed -n "s/^$what: .* most_ms=//p" "$work/timeline")
		say "counts by time of 10^6 records: $what" "$most ms" "under 250 ms a call" "$most < 250"
	done
}

bench_decide() {
	count=1000000
	[ -z "$LONG" ] || count=10000000
	(cd "$work" && "$bin/bench-decide" $count) >"$work/decide"
	tell "decision" "$(cat "$work/decide")"
	"$bin/bench-engine" who 100000 >"$work/who"
	first=$(value first_ms <"$work/who")
	whole=$(value all_ms <"$work/who")
	say "who can read a file, 10 folders, 100000 people" "$first ms for the first 500, $whole ms for all" \
		"under 50 ms, under 1 s" "$first < 50 && $whole < 1000"
	p99=$(value fresh_p99_us <"$work/decide")
	say "decision, $count tuples, groups 8, folders 20" "$p99 us at p99, first for that principal" \
		"at most 20 us" "$p99 <= 20"
}

echo "$(nproc) cores ($(sed -n 's/^model name.*: //p;' /proc/cpuinfo | head -n 1)), Linux $(uname -r), $(nginx -v 2>&1 | sed 's/.*: //'), load $(cut -d ' ' -f 1 /proc/loadavg)"
[ $# -gt 0 ] || {
	# shellcheck disable=SC2086
	set -- $all
}
for name in "$@"; do
	case $name in
	engine) bench_engine ;;
	list) bench_list ;;
	log_verify) bench_log_verify ;;
	secrets) bench_secrets ;;
	documents) bench_documents ;;
	web) bench_web ;;
	editor) bench_editor ;;
	sign_in) bench_sign_in ;;
	revoke) bench_revoke ;;
	memory) bench_memory ;;
	rename) bench_rename ;;
	get) bench_get ;;
	p99) bench_p99 ;;
	subscriber) bench_subscriber ;;
	download) bench_download ;;
	flat) bench_flat ;;
	import) bench_import ;;
	growth) bench_growth ;;
	timeline) bench_timeline ;;
	decide) bench_decide ;;
	*)
		echo "there is no '$name'; there are: $all" >&2
		exit 2
		;;
	esac
done
exit "$missed"
