#!/usr/bin/env bash
# From `kulanz plugin new` to the first passing test, in each language, several rounds: seconds. Builders of the
# languages have to be installed already (any earlier build does that); a busy machine takes twice as long.
# Usage: tests/first_test.sh PATH_TO_KULANZ [ROUNDS]
set -euo pipefail
kulanz=$(realpath "$1")
for _ in $(seq "${2:-3}"); do
    for language in rust js ts python; do
        folder=$(mktemp -d)
        begun=$(date +%s%N)
        (cd "$folder" && "$kulanz" plugin new hello --lang "$language" --hooks triage && "$kulanz" plugin test hello) \
            >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
        echo "$language $(( ($(date +%s%N) - begun) / 1000000 )) ms"
        rm -rf "$folder"
    done
done
