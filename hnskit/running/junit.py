"""junit.xml: a run as CI systems read it. A notebook is a test case, and so is each check inside a client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from hnskit.foreign_text.escaping import join_lines, xml_text
from hnskit.foreign_text.masking import mask_text
from hnskit.local.atomic_write import atomic_write_text
from hnskit.running.report import read_summary

FILE = "junit.xml"


def write_junit(run_dir: Path) -> Path:
    """Write it into a run's folder.

    Raises:
        HnskitError: the folder has no summary of a run.
    """
    summary = read_summary(run_dir)
    path = run_dir / FILE
    ElementTree.indent(suites := build(summary))
    text = ElementTree.tostring(suites, encoding="unicode")
    atomic_write_text(path, f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n', private=True)
    return path


def build(summary: Mapping[str, Any]) -> ElementTree.Element:
    """The <testsuites> element of a summary."""
    suites = ElementTree.Element("testsuites", name="hnskit")
    notebooks = _suite(suites, "notebooks", summary)
    for step in summary["steps"]:
        said = "" if step["ok"] else _paragraph(summary)
        case = _case(notebooks, "hnskit.notebooks", step["notebook"], step["seconds"], said)
        did = [one["step"] for one in step["done"]]
        ElementTree.SubElement(case, "system-out").text = _clean(join_lines([*did, *step["kept"], *step["notes"]]))
    if not summary["steps"] and not summary["ok"]:
        _case(notebooks, "hnskit.notebooks", summary["stopped_at"] or "start", 0.0, _paragraph(summary))
    proof = _suite(suites, "proof", summary)
    for client, check in _checks(summary):
        said = "" if check["ok"] else f"wanted: {check['wanted']}; seen: {check['seen']}"
        _case(proof, f"hnskit.proof.{client}", check["name"], 0.0, said)
    for suite in suites:
        suite.set("tests", str(len(suite.findall("testcase"))))
        suite.set("failures", str(len(suite.findall("testcase/failure"))))
        suite.set("errors", "0")
    return suites


def _suite(suites: ElementTree.Element, name: str, summary: Mapping[str, Any]) -> ElementTree.Element:
    started = summary["started"].partition("+")[0]
    seconds = f"{summary['seconds']:.3f}" if name == "notebooks" else "0"
    return ElementTree.SubElement(
        suites, "testsuite", name=name, timestamp=started, time=seconds, hostname=_clean(summary["target"])
    )


def _case(suite: ElementTree.Element, group: str, name: str, seconds: float, failure: str) -> ElementTree.Element:
    case = ElementTree.SubElement(suite, "testcase", classname=_clean(group), name=_clean(name), time=f"{seconds:.3f}")
    if failure:
        ElementTree.SubElement(case, "failure", message=_clean(failure.partition("\n")[0])).text = _clean(failure)
    return case


def _checks(summary: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for client in (summary.get("verification") or {}).get("clients", ()):
        for check in client["checks"]:
            yield client["client"], check


def _paragraph(summary: Mapping[str, Any]) -> str:
    return (summary.get("error") or {}).get("paragraph") or "it failed"


def _clean(text: str) -> str:
    return xml_text(mask_text(text))
