"""Tables and texts of consoles: hnsdiag, Format-Table, docker, vfpctrl, route, ipconfig, and tables of a paste."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator

from hnskit.facts.dumps import console_tables, delimited_tables, hnsdiag_text, ip_text
from hnskit.facts.dumps.listing_commands import ListingCommand, is_prompt
from hnskit.facts.dumps.object_kinds import foreign_kind, kind_of
from hnskit.facts.dumps.pieces import END_LINES, Foreign, Piece, PrintedLines
from hnskit.facts.dumps.service_text import docker_silence, read_sc
from hnskit.facts.dumps.vfp_text import read_vfp, starts_vfp


def console_pieces(
    whole: PrintedLines, number: int, line: str, command: ListingCommand
) -> Generator[Piece | Foreign, None, int]:
    """Read a table or a text of a console that begins at a line; give the line behind it."""
    lines = whole.lines
    if hnsdiag_text.starts(line) and (table := hnsdiag_text.read_table(lines, number)) is not None:
        yield from _hnsdiag(whole, table, command)
        return max(table.end, number + 1)
    read = console_tables.read_console_table(lines, number) if console_tables.is_rule(line) else None
    if read is not None and (command.kind or any(kind_of(row) or foreign_kind(row) for row in read.rows)):
        yield from _rows(whole, read, number, command)
        return read.end
    if console_tables.is_docker_head(line):
        yield from _docker_rows(whole, number)
        return number + 1
    if ":" in line and (service := read_sc(lines, number)) is not None:
        yield Piece(service[0], whole.place_of(number), command=command, form="sc", kind="services", part_of_list=False)
        return service[1]
    if silence := docker_silence(line):
        yield Piece({"error": silence}, whole.place_of(number), form="its client", kind="docker", part_of_list=False)
        return number + 1
    if starts_vfp(line):
        rules, end = read_vfp(lines, number, command.words if "vfpctrl" in command.words.lower() else "")
        for rule in rules:
            yield Piece(rule, whole.place_of(number), form="vfpctrl", kind="vfp_rules", part_of_list=False)
        if not rules:
            yield Foreign("list of vfpctrl without rules")
        return end
    if ip_text.starts_routes(line):
        ip = ip_text.read_routes(lines, number)
        yield from _ip(whole, ip, number, command, "route print")
        return max(ip.end, number + 1)
    if line.rstrip()[-1:] in (":", "\uff1a") and ip_text.starts_ipconfig(lines, number):
        ip = ip_text.read_ipconfig(lines, number)
        yield from _ip(whole, ip, number, command, "ipconfig")
        return max(ip.end, number + 1)
    if (
        delimited_tables.may_start(line)
        and (pasted := delimited_tables.read_delimited_table(lines, number)) is not None
    ):
        yield from _delimited(whole, pasted, command)
        return max(pasted.end, number + 1)
    return number + 1


def _hnsdiag(whole: PrintedLines, table: hnsdiag_text.Table, command: ListingCommand) -> Iterator[Piece]:
    complete = table.is_table and command.lists_all and _has_ended(whole, table.end)
    listed = complete and command.kind in (None, table.kind) and " list " in f"{command.words} "
    if not table.rows and table.kind != "adapters" and listed:
        yield Piece([], whole.place_of(max(0, table.end - 1)), kind=table.kind, form="hnsdiag", part_of_list=True)
    for row, at in zip(table.rows, table.places, strict=True):
        made = hnsdiag_text.hns_form(table.kind, row)
        yield Piece(made, whole.place_of(at), command=command, form="hnsdiag", kind=table.kind,
                    part_of_list=listed)  # fmt: skip


def _rows(
    whole: PrintedLines, table: console_tables.ConsoleTable, number: int, command: ListingCommand
) -> Iterator[Piece]:
    complete = command.lists_all and _has_ended(whole, table.end)
    for place, cells in enumerate(table.rows, start=number + 1):
        printed = tuple(name for name in table.names if name not in table.cut)
        row = {name: value for name, value in cells.items() if value != ""}
        yield Piece(row, whole.place_of(place), command=command, lost=tuple(table.cut), form="table",
                    printed=printed, part_of_list=complete)  # fmt: skip


def _delimited(whole: PrintedLines, table: delimited_tables.DelimitedTable, command: ListingCommand) -> Iterator[Piece]:
    complete = command.lists_all and not table.cut and _has_ended(whole, table.end)
    for place, row, lost in delimited_tables.rows_of(table):
        yield Piece(row, whole.place_of(place), command=command, lost=lost, form=table.form,
                    printed=table.names, part_of_list=complete)  # fmt: skip


def _docker_rows(whole: PrintedLines, number: int) -> Iterator[Piece | Foreign]:
    table = console_tables.read_docker_table(whole.lines, number)
    if table.names[0] != "CONTAINER ID":
        yield Foreign("docker network ls" if table.names[0] == "NETWORK ID" else "docker images", len(table.rows))
        return
    for place, row in enumerate(table.rows, start=number + 1):
        status = row.get("STATUS", "")
        state = "running" if status.startswith("Up") else status.split(" ")[0].lower()
        made = {"Id": row["CONTAINER ID"], "Name": row.get("NAMES", ""), "Config": {"Image": row.get("IMAGE", "")},
                "State": {"Status": state}}  # fmt: skip
        yield Piece(made, whole.place_of(place), form="docker ps", kind="containers", part_of_list=False)


def _ip(whole: PrintedLines, found: ip_text.IpText, number: int, command: ListingCommand, form: str) -> Iterator[Piece]:
    inside = bool(re.search(r"\b(?:docker|kubectl|crictl|ctr|nerdctl)\b", command.words))
    value = {"adapters": found.adapters, "addresses": found.addresses, "routes": found.routes,
             "inside": inside, "whole": found.whole}  # fmt: skip
    yield Piece(value, whole.place_of(number), command=command, form=form, kind="ip_text")


def _has_ended(whole: PrintedLines, line: int) -> bool:
    """Tell whether what ends before a line was finished: something follows, or empty lines do."""
    left = whole.lines[line : line + END_LINES + 1]
    return len(left) > END_LINES or any(is_prompt(one) for one in left)
