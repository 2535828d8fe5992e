#!/bin/sh
# A day of the sample company, from a check of its rules to a sent email. `make demo` runs it with rulekit on PATH.
# It works on a copy in a temporary folder, which it removes; KEEP=1 keeps it.
set -eu

rules=$(cd "$(dirname "$0")/.." && pwd)/rules
folder=$(mktemp -d "${TMPDIR:-/tmp}/rulekit-demo.XXXXXX")
finish() {
    if [ "${KEEP:-}" = 1 ]; then echo "kept: $folder"; else rm -rf "$folder"; fi
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

mkdir "$folder/rules"
for part in rulekit.toml schema.rules segments.rules personas.rules emails tests templates data; do
    cp -R "$rules/$part" "$folder/rules/"
done
cd "$folder/rules"

say() { printf '\n# %s\n' "$*"; }
do_it() { printf '$ %s\n' "$*"; "$@"; }
# the lines that match, of what a command prints; the command must succeed
part_of() {
    pattern=$1
    shift
    printf '$ %s | grep -E "%s"\n' "$*" "$pattern"
    "$@" >"$folder/printed"
    grep -E "$pattern" "$folder/printed"
}

say "Are the rules right? This needs no data."
do_it rulekit check

say "Do they do what was meant? The tests beside the rules play on a simulated clock."
part_of "tests passed" rulekit test

say "Monday, 08:00. The first run remembers who is in each persona, and mails nobody."
part_of "tick|members|Away28|Cooling |Inactive14|Stalled|dispatch" rulekit run --now 2026-03-02T08:00Z

say "What would a run on Tuesday do? A plan writes nothing."
part_of "plan|Win_Back:|Trial_Reminder:" rulekit plan --now 2026-03-03T08:00Z

say "Tuesday, 08:00. People joined and left; triggers fired; what says auto=true is sent at once."
do_it rulekit run --now 2026-03-03T08:00Z

say "The others wait in the outbox, for example these:"
do_it rulekit outbox list --trigger Win_Back --state unapproved --limit 5

id=$(rulekit outbox list --trigger Win_Back --state unapproved --limit 1 --output json |
    sed -n 's/^ *"id": \([0-9]*\),$/\1/p')

say "Somebody approves one, thinks again, and approves it after all."
do_it rulekit outbox approve "$id" --by ines --now 2026-03-03T09:00Z
do_it rulekit outbox unapprove "$id" --by ines --now 2026-03-03T09:04Z
do_it rulekit outbox approve "$id" --by ines --now 2026-03-03T09:05Z

say "Eleven minutes later the hold is over, and the next run sends it."
part_of "tick|dispatch" rulekit run --now 2026-03-03T09:16Z

say "The sender of this project writes files. The one of email $id begins:"
name=$(rulekit outbox show "$id" | sed -n 's/^ *message id: *<\(.*\)>$/\1/p')
do_it head -n 9 "outbox/$name.eml"
