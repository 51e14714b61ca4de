#!/usr/bin/env bash
# 2026-11-28, CPython 3.11.7 with papermill 2.7.0 and nbformat 5.11.1; needs node as well.
# Guess: a parameter that is infinite or no number (`-p limit inf` for "no limit", -y "limit: .inf", or float("nan") of a table)
# is refused, or the executed notebook can be read like any other; nbformat.validate and papermill have nothing against it.
# So it is: papermill notes the parameters in the notebook's metadata, there as Infinity or NaN, which JSON does not have.
# Python reads the file, so that each check there passes; JSON.parse of node, a browser's, refuses the whole of it, outputs and
# all, whatever the cells did with the value. With -p nobody need mean a number: a text `nan`, `inf` or `infinity`, or an id
# 1e400, is made one.
# It matters to pipelines whose record is the executed notebook: ask math.isfinite of each number before the run.
set -euo pipefail
command -v node >/dev/null || { echo "this needs node"; exit 1; }
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" --disable-pip-version-check install --quiet papermill==2.7.0 nbformat==5.11.1 ipykernel==7.4.0
cd "$place"
venv/bin/python - <<'PY'
import nbformat

book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("limit = 0.0", metadata={"tags": ["parameters"]})])
book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
nbformat.write(book, "in.ipynb")
PY
status=0
expect() {
    wanted="$1"
    shift
    venv/bin/papermill --no-progress-bar in.ipynb out.ipynb "$@" > log 2>&1 || { cat log; exit 1; }
    venv/bin/python -c 'import nbformat; nbformat.validate(nbformat.read("out.ipynb", 4))'
    seen="$(node -e 'try { JSON.parse(require("fs").readFileSync("out.ipynb", "utf8")); console.log("is read") }
        catch (problem) { console.log("is no JSON") }')"
    echo "papermill $*: executed, valid to nbformat; node: it $seen; $(grep -m1 -oE '"limit": .*' out.ipynb)"
    [ "$seen" = "$wanted" ] || { echo "  seen before: $wanted"; status=1; }
}
expect "is read" -p limit 5.5
expect "is no JSON" -p limit inf
expect "is no JSON" -p limit nan
expect "is no JSON" -p limit 1e400
expect "is no JSON" -y "limit: .inf"
expect "is read" -r limit inf
exit "$status"
