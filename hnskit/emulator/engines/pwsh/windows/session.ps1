# Runs first in each runspace of a shell on the emulated host. The drive before the modules: Windows' Test-Path and
# Get-ItemProperty of EmulatedHost take the place of the engine's own, which come with New-PSDrive.
$null = New-PSDrive -Name C -PSProvider FileSystem -Root $env:HNSKIT_DRIVE_C -Scope Global
Import-Module -Name EmulatedHost, CimCmdlets, NetAdapter, NetTCPIP -Global -DisableNameChecking
