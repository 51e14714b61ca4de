#!/usr/bin/env bash
# 2026-11-28, CPython 3.11.7 with click 8.5.1, bash 5.2.15.
# Guess: a shell_complete function that gives its own words and then CompletionItem(word, type="file"), for an argument that is a
# known name or a file, completes both, in bash as in zsh and fish; the order of the items does not matter.
# So it is: click's script for bash forgets every word that stands before a file or folder item, so that `tool lab<TAB>` finds
# nothing unless a file's name begins so. The answer of the program itself has both, which is what a test with
# COMP_WORDS sees. With the file item first both are kept: bash takes files where no word fits.
# It matters to each tool whose argument may be a file or a name; look at COMPREPLY, not at what the program prints.
set -euo pipefail
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" --disable-pip-version-check install --quiet click==8.5.1
for order in words-first file-first; do
    cat > "$place/venv/bin/$order" <<PY
#!$place/venv/bin/python
import click
from click.shell_completion import CompletionItem


def known(ctx, param, incomplete):
    words = [CompletionItem(name) for name in ("lab-one", "lab-two") if name.startswith(incomplete)]
    file = [CompletionItem(incomplete, type="file")]
    return words + file if "$order" == "words-first" else file + words


@click.command()
@click.argument("where", shell_complete=known)
def tool(where):
    pass


tool(prog_name="$order")
PY
    chmod +x "$place/venv/bin/$order"
done
cat > "$place/ask.sh" <<'ASK'
variable="_$(echo "$1" | tr a-z- A-Z_)_COMPLETE"
eval "$(env "$variable=bash_source" "$1")"
compopt() { :; }
COMP_WORDS=("$1" lab) COMP_CWORD=1
"_${1//-/_}_completion" "$1"
echo "$1: the program answers: $(env "$variable=bash_complete" COMP_WORDS="$1 lab" COMP_CWORD=1 "$1" | tr '\n' ' ')"
echo "$1: bash has: ${COMPREPLY[*]}"
ASK
cd "$place"
export PATH="$place/venv/bin:$PATH"
for order in words-first file-first; do
    bash --norc ask.sh "$order"
done | tee seen
diff seen - <<'SEEN'
words-first: the program answers: plain,lab-one plain,lab-two file,lab 
words-first: bash has: 
file-first: the program answers: file,lab plain,lab-one plain,lab-two 
file-first: bash has: lab-one lab-two
SEEN
