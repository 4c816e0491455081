#!/usr/bin/env bash
# How long Presidio takes over a long German text, and how long `kulanz eval redact` takes over the same, in the sandbox
# with names and without: the articles of our German sets of questions, again and again up to a megabyte. Presidio runs with
# its patterns and checksums alone, without a model of language: that is its fastest form, and finds no names.
# Ends by itself; one process after the other, one worker, the middle of five runs of ours.
# Usage: tests/presidio.sh PATH_TO_KULANZ [VERSION]
set -euo pipefail
kulanz=$(realpath "$1")
version=${2:-2.2.366}
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 - tests/data/answers/*/*-de/kb.jsonl >"$folder/long.jsonl" <<'PYTHON'
import json
import sys

articles = [json.loads(line) for name in sys.argv[1:] for line in open(name, encoding="utf-8")]
prose = "\n\n".join(f"{article['question']}\n{article['answer']}" for article in articles)
text = (prose + "\n\n") * (1_000_000 // len(prose.encode()) + 1)
text = text.encode()[:1_000_000].decode(errors="ignore")
print(json.dumps({"id": 1, "lang": "de", "text": text}))
PYTHON
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
read -r theirs their_findings < <("$folder/venv/bin/python" "$folder/presidio.py" "$folder/long.jsonl" 2>/dev/null)
echo '{"person": false}' >"$folder/without.json"
echo '{}' >"$folder/with.json"
for names in with without; do
    for _ in 1 2 3 4 5; do
        "$kulanz" --log error eval redact --workers 1 --settings "$folder/$names.json" \
            --input "$folder/long.jsonl" --output "$folder/$names.spans.jsonl" 2>&1 >/dev/null | tail -n 1
    done >"$folder/$names.jsonl"
done
python3 - "$folder" "$theirs" "$their_findings" <<'PYTHON'
import json
import sys

folder, theirs, found = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])


def lines(name):
    return [json.loads(line) for line in open(f"{folder}/{name}.jsonl", encoding="utf-8")]


size = sum(len(text["text"].encode()) for text in lines("long")) / 1e6
print(f"{size:.2f} MB of German prose")
print(f"Presidio, patterns alone: {theirs:.2f} s, {size / theirs:.3f} MB/s, {found} findings")
for names in ("without", "with"):
    ours = sorted(summary["seconds"] for summary in lines(names))[2]
    spans = sum(len(text["spans"]) for text in lines(f"{names}.spans"))
    print(
        f"Kulanz, {names} names: {ours:.3f} s, {size / ours:.1f} MB/s, {spans} findings, "
        f"{theirs / ours:.0f} times as fast"
    )
PYTHON
