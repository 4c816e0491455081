#!/usr/bin/env bash
# How long Presidio takes over the texts of our own set, and how long `kulanz eval redact` takes over the same.
# Presidio runs with its patterns and checksums alone, in English and German, without a model of language: that is
# its fastest form, and finds no names. Ends by itself; one process each, one after the other.
# Usage: tests/presidio.sh PATH_TO_KULANZ [VERSION]
set -euo pipefail
kulanz=$(realpath "$1")
version=${2:-2.2.366}
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cargo run --quiet --release -p plugin-redaction --example workshop -- export "$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "presidio-analyzer==$version"
cat >"$folder/presidio.py" <<'PYTHON'
import json
import sys
import time

import spacy
from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine


class Blank(NlpEngine):
    """Splits a text into words and knows nothing else of it."""

    def __init__(self):
        self.words = {language: spacy.blank(language) for language in ("en", "de")}

    def load(self):
        pass

    def is_loaded(self):
        return True

    def process_text(self, text, language):
        words = self.words[language](text)
        return NlpArtifacts([], words, [w.idx for w in words], [w.lower_ for w in words], self, language)

    def process_batch(self, texts, language, **_):
        return ((text, self.process_text(text, language)) for text in texts)

    def is_stopword(self, word, language):
        return self.words[language].vocab[word].is_stop

    def is_punct(self, word, language):
        return self.words[language].vocab[word].is_punct

    def get_supported_entities(self):
        return []

    def get_supported_languages(self):
        return ["en", "de"]


texts = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
engine = AnalyzerEngine(nlp_engine=Blank(), supported_languages=["en", "de"])
for language in ("en", "de"):
    engine.analyze("warm", language=language)
begun = time.process_time()
found = sum(len(engine.analyze(text["text"], language=text["lang"])) for text in texts)
print(f"{time.process_time() - begun:.2f} {found}")
PYTHON
bytes=$(python3 -c 'import json,sys; print(sum(len(json.loads(l)["text"].encode()) for l in open(sys.argv[1], encoding="utf-8")))' "$folder/texts.jsonl")
read -r theirs their_findings < <("$folder/venv/bin/python" "$folder/presidio.py" "$folder/texts.jsonl" 2>/dev/null)
begun=$(date +%s.%N)
"$kulanz" --log error eval redact --workers 1 --input "$folder/texts.jsonl" --output "$folder/ours.jsonl" >/dev/null
ended=$(date +%s.%N)
python3 - "$bytes" "$theirs" "$their_findings" "$begun" "$ended" <<'PYTHON'
import sys

size, theirs, found = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
ours = float(sys.argv[5]) - float(sys.argv[4])
print(f"{size / 1e6:.2f} MB in texts of their own")
print(f"Presidio, patterns alone: {theirs:.1f} s, {size / 1e6 / theirs:.3f} MB/s, {found} findings")
print(f"Kulanz, with names, in the sandbox, start included: {ours:.2f} s, {size / 1e6 / ours:.3f} MB/s")
print(f"{theirs / ours:.0f} times as fast")
PYTHON
