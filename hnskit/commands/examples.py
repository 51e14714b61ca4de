"""An example or more of every command, as `--help` shows them; a test parses each."""

from __future__ import annotations

import click

EXAMPLES: dict[str, tuple[str, ...]] = {
    "app": ("hnskit app --port 8867 --theme dark",),
    "apply": ("hnskit apply my-host.yaml", "hnskit apply my-host.yaml --dry-run", "hnskit apply my-host.yaml --yes"),
    "compare": (
        "hnskit compare before.json after.json",
        "hnskit compare winrm://web1 winrm://web2",
        "hnskit compare runs/20261127-090000-lab runs/20261127-170000-lab",
    ),
    "destroy": ("hnskit destroy my-host.yaml --dry-run", "hnskit destroy my-host.yaml --keep-network"),
    "doctor": ("hnskit doctor my-host.yaml", "Get-HnsEndpoint | ConvertTo-Json | hnskit doctor -"),
    "drift": ("hnskit drift my-host.yaml --json",),
    "emulator cut": ("hnskit emulator cut lab 5",),
    "emulator fault": ("hnskit emulator fault lab docker_stopped",),
    "emulator list": ("hnskit emulator list",),
    "emulator reset": ("hnskit emulator reset lab",),
    "emulator docker": ("hnskit emulator docker lab restart hnskit-client1",),
    "emulator start": ("hnskit emulator start lab", "hnskit emulator start lab --profile ws2022 --fault disk_full"),
    "emulator status": ("hnskit emulator status lab",),
    "emulator stop": ("hnskit emulator stop lab", "hnskit emulator stop --all"),
    "errors": ("hnskit errors 0x803b0013", "hnskit errors Element not found", "hnskit errors kubelet.log"),
    "explain": ("hnskit explain my-host.yaml --from client1 --to 169.254.169.254:80", "hnskit explain dump.zip --all"),
    "export cni": ("hnskit export cni my-host.yaml --plugin sdnbridge --output 10-redirect.conflist",),
    "facts": ("hnskit facts winrm://web1 --save web1.json", "hnskit facts web1.json --picture web1.svg"),
    "fleet apply": ("hnskit fleet apply inventory.yaml --canary 1 --batch 25% --yes",),
    "fleet destroy": ("hnskit fleet destroy inventory.yaml --limit web3 --yes",),
    "fleet doctor": ("hnskit fleet doctor inventory.yaml",),
    "fleet drift": ("hnskit fleet drift inventory.yaml --json",),
    "fleet facts": ("hnskit fleet facts inventory.yaml --limit west",),
    "fleet hosts": ("hnskit fleet hosts inventory.yaml",),
    "fleet plan": ("hnskit fleet plan inventory.yaml",),
    "fleet run": ("hnskit fleet run inventory.yaml --yes",),
    "fleet show": ("hnskit fleet show inventory.yaml --table endpoints",),
    "fleet verify": ("hnskit fleet verify inventory.yaml",),
    "init": ("hnskit init redirect",),
    "keep": ("hnskit keep my-host.yaml --metrics 9617", "hnskit keep inventory.yaml --once --json"),
    "plan": (
        "hnskit plan my-host.yaml",
        "hnskit plan my-host.yaml --destroy",
        "hnskit plan my-host.yaml --part policy",
    ),
    "policy add": (
        "hnskit policy add my-host.yaml --endpoint client1 --ip 169.254.169.254 --port 80 --destination 10.0.1.9:8080",
    ),
    "policy change": ("hnskit policy change my-host.yaml --endpoint client1 --number 2 --destination 10.0.1.9:81",),
    "policy clear": ("hnskit policy clear my-host.yaml --endpoint client1 --dry-run",),
    "policy list": ("hnskit policy list my-host.yaml --proxies", "hnskit policy list snapshot:web1.json --type ACL"),
    "policy lookup": ("hnskit policy lookup client1 my-host.yaml",),
    "policy remove": ("hnskit policy remove my-host.yaml --endpoint client1 --number 2",),
    "preflight": ("hnskit preflight my-host.yaml", "hnskit preflight my-host.yaml --connection"),
    "report": ("hnskit report runs/20261127-090000-lab",),
    "run": ("hnskit run my-host.yaml", "hnskit run my-host.yaml --dry-run", "hnskit run my-host.yaml --only 50_verify"),
    "runs": ("hnskit runs", "hnskit runs --target winrm://web1 --json"),
    "show": ("hnskit show endpoints my-host.yaml", "hnskit show routes winrm://web1 --format csv"),
    "verify": ("hnskit verify my-host.yaml",),
}
"""Path of a command below `hnskit` -> lines for a shell at the project's root."""


def add_examples(command: click.Command, path: str) -> None:
    """Put the examples of a command, and of those below it, at the end of their help.

    Args:
        command: of this path below `hnskit`; changed in its place.
        path: such as `policy list`.
    """
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            add_examples(inner, f"{path} {name}")
    elif lines := EXAMPLES.get(path):
        command.epilog = "\b\nExamples:\n" + "".join(f"  {line}\n" for line in lines).rstrip()
