# The whole of what hnskit runs on a Windows host, with its parts beside it. Windows PowerShell 5.1, nothing to install.
#
# The text is sent once into each runspace (or imported by a JEA session configuration). Python then names
# a function and binds its parameters: no script is ever built from a value. Each function emits plain
# objects and throws error records whose FullyQualifiedErrorId starts with "Hnskit."; what can be decided
# in Python is decided there.
#
# Needs: NetTCPIP and NetAdapter (in the box), vmcompute.dll (the Containers feature), docker.exe on PATH or containerd's
# tools (crictl.exe, ctr.exe); for v2 policies and namespaces computenetwork.dll (the same feature, from Windows Server
# 2019 on).

#requires -Version 5.1

Set-StrictMode -Version Latest
# Of this text and its functions alone: commands of other modules do not see a module's preference, so that
# each of those is called with -ErrorAction Stop besides.
$ErrorActionPreference = 'Stop'

$script:HnskitNative = @{}

# Sent to a host, this text has no folder, and its parts follow it (module_source.py).
if ($PSScriptRoot) {
    $parts = 'error_records', 'native_functions', 'hns_calls', 'host_programs', 'container_tools', 'runtime_events',
        'host_windows', 'detached_calls', 'batches'
    foreach ($part in $parts) { . ([System.IO.Path]::Combine($PSScriptRoot, "$part.ps1")) }
}
