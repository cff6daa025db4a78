"""What judging text costs, beside two peers in the same run: CPU time of one thread, medians.

Usage: python benchmarks/text_speed.py CORPUS [--runs N]. Texts come from the corpus (``models/corpus``). The peers are
scikit-learn's HashingVectorizer (characters 2 to 5) with LinearSVC, as a content filter is commonly written, and
alt-profanity-check, the best known classifier of one-line comments (English only, one category); the latter is left
out where it is not installed (``pip install alt-profanity-check``). Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.progress import track
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.svm import LinearSVC
from threadpoolctl import threadpool_limits

from safeguard.resources import models_dir, rules_dir
from safeguard.text.classifier import TextClassifier
from safeguard.train.corpus import read_corpus

PAGE = 6 * 1024  # bytes
COMMENT = 80  # characters, about
_TRAINED_ON = 2000  # texts: enough for weights of the usual density
_RESIDENT = """
import os
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
import numpy, pydantic, regex, ahocorasick_rs
before = resident()
from safeguard.text.classifier import TextClassifier
TextClassifier().classify(["xin chào"])
print(resident() - before)
"""

Judge = Callable[[list[str]], object]


def safeguard() -> Judge:
    return TextClassifier().judge


def linear_svc(corpus: Path) -> Judge:
    texts = read_corpus(corpus)[::7][:_TRAINED_ON]
    vectorizer = HashingVectorizer(analyzer="char", ngram_range=(2, 5), n_features=1 << 18)
    model = LinearSVC().fit(vectorizer.transform([t.text for t in texts]), [bool(t.labels) for t in texts])
    return lambda batch: model.decision_function(vectorizer.transform(batch))


def profanity_check() -> Judge | None:
    try:
        from profanity_check import predict_prob
    except ImportError:
        return None
    return predict_prob


def cpu_ms(judge: Judge, batch: list[str]) -> float:
    start = time.process_time_ns()
    judge(batch)
    return (time.process_time_ns() - start) / 1e6


def pages(texts: list[str]) -> list[str]:
    joined = "\n".join(texts).encode()
    return [joined[start : start + PAGE].decode(errors="ignore") for start in range(0, len(joined) - PAGE, PAGE)]


def comments(texts: list[str]) -> list[str]:
    return [part for text in texts for part in text.split(". ") if COMMENT // 2 < len(part) < COMMENT * 3 // 2]


def size(*folders: Path) -> float:
    return sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file()) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--runs", type=int, default=15)
    arguments = parser.parse_args()
    texts = [text.text for text in read_corpus(arguments.corpus)]
    one = pages(texts[:: len(texts) // 300])[:24]
    short = comments(texts[::3])[:4000]
    peers = {"safeguard": safeguard(), "HashingVectorizer + LinearSVC": linear_svc(arguments.corpus)}
    if (peer := profanity_check()) is not None:
        peers["alt-profanity-check"] = peer
    measured: dict[str, list[tuple[float, float, float]]] = {name: [] for name in peers}
    for judge in peers.values():
        judge(one[:2])
    with threadpool_limits(1):
        for _ in track(range(arguments.runs), "measure"):
            for name, judge in peers.items():  # in turns, so that all meet the same machine
                page = statistics.median(cpu_ms(judge, [text]) for text in one)
                measured[name].append((page, cpu_ms(judge, one), cpu_ms(judge, short)))
    megabytes = sum(len(text.encode()) for text in one) / 1e6
    ours = statistics.median(run[0] for run in measured["safeguard"])
    print("| | page of 6 KB, ms | times safeguard | pages in a batch, MB/s | comments/s |\n|---|---:|---:|---:|---:|")
    for name, runs in measured.items():
        page, batch, many = (statistics.median(column) for column in zip(*runs, strict=True))
        rates = f"{1e3 * megabytes / batch:.1f} | {1e3 * len(short) / many:,.0f}"
        print(f"| {name} | {page:.2f} | {page / ours:.1f} | {rates} |")
    resident = subprocess.run([sys.executable, "-c", _RESIDENT], capture_output=True, text=True, check=True)
    print(f"\nModel and rules on disk: {size(models_dir() / 'text', rules_dir()):.1f} MB; ", end="")
    print(f"resident memory they add to a process: {int(resident.stdout) / 1e6:.0f} MB.")


if __name__ == "__main__":
    main()
