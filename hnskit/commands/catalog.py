"""The commands of hnskit by name, with the file of each and the first sentence of its help.

`hnskit --help` prints these sentences, so that no command has to be imported for it; a test holds each against the
command's own docstring.
"""

from __future__ import annotations

COMMANDS: dict[str, tuple[str, str]] = {
    "app": ("app_command", "Serve the start page and the diagnosis pages as an app in a browser, without code."),
    "apply": ("apply_command", "Make the host as the parameters say, without notebooks; run it again at any time."),
    "compare": ("compare_command", "Compare two snapshots, hosts or runs; exit status 1 if they differ."),
    "destroy": ("destroy_command", "Take away what hnskit made, and nothing else."),
    "doctor": ("doctor_command", "Find faults on a host or in a paste, and say what to do about each."),
    "drift": ("drift_command", "Show the differences from the parameters; exit status 1 if there are any."),
    "errors": (
        "errors_command",
        "Explain a code of HNS: its meaning, likely causes, and next step; without CODE all of them.",
    ),
    "explain": ("explain_command", "Explain how a connection would go, and why."),
    "export": ("export_command", "Write the redirect in another tool's form."),
    "facts": ("facts_command", "Everything that hnskit reads of a host, or of a dump, in one snapshot."),
    "fleet": ("fleet_command", "Do one thing on many hosts at once: an inventory, waves, one table, one report."),
    "init": (
        "init_command",
        "Write notebooks/, params/ and a README into a folder; what is there is never written over.",
    ),
    "keep": (
        "keep_command",
        "Keep hosts as their parameters say, for ever: put back what is missing, and prove it now and then.",
    ),
    "plan": ("plan_command", "Show the changes that would be made, and why; exit status 4 if a step is refused."),
    "policy": (
        "policy_command",
        "Policies of endpoints and networks: proxies of every kind, and those beside them.",
    ),
    "preflight": ("preflight_command", "Is this host fit for the redirect? Nothing is changed."),
    "report": ("report_command", "Make report.html and junit.xml of a run's folder again."),
    "run": ("run_command", "Set it up and prove it, notebook by notebook; leave a run folder."),
    "runs": ("runs_command", "List the run folders, the newest first: moment, target, verdict."),
    "show": ("show_command", "Print one table of the host, such as networks, endpoints, policies or pods."),
    "verify": ("verify_command", "Prove it: ask the metadata service from inside each client."),
}
"""Name -> module below `hnskit.commands`, first sentence."""
