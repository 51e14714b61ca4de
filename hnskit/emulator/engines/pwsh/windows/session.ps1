# Runs first in each runspace of a shell on the emulated host. The drive is made without New-PSDrive, and CimCmdlets is
# left to be found when it is called: what a module costs, each shell would pay.
$null = $ExecutionContext.SessionState.Drive.New([System.Management.Automation.PSDriveInfo]::new(
    'C', $ExecutionContext.SessionState.Provider.GetOne('FileSystem'), $env:HNSKIT_DRIVE_C, '', $null), 'Global')
Import-Module -Name EmulatedHost, NetAdapter, NetTCPIP -Global -DisableNameChecking
# An alias comes before a function and a cmdlet: the engine's own Test-Path, which comes later with others, does not take
# the place of Windows'.
$null = $ExecutionContext.InvokeProvider.Item.New('Alias:', 'Test-Path', '', 'EmulatedHost\Test-Path')
