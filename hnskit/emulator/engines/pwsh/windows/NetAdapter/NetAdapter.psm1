# Get-NetAdapter of Windows, for the emulated host's adapters. A parameter that is not here is refused by the binder.

Set-StrictMode -Version 3

function Get-NetAdapter {
    [CmdletBinding(DefaultParameterSetName = 'ByName')]
    param(
        [Parameter(Position = 0, ParameterSetName = 'ByName')] [Alias('ifAlias', 'InterfaceAlias')] [string[]] $Name,
        [Parameter(Mandatory, ParameterSetName = 'ByInstanceID')] [Alias('ifDesc')] [string[]] $InterfaceDescription,
        [Parameter(Mandatory, ParameterSetName = 'ByIfIndex')] [Alias('ifIndex')] [uint32[]] $InterfaceIndex,
        [switch] $IncludeHidden,
        [switch] $Physical
    )
    Get-EmulatedInstance -Class MSFT_NetAdapter -Caller $PSCmdlet -Report Name, InterfaceDescription, InterfaceIndex |
        Where-Object { $IncludeHidden -or -not $_.Hidden } | Where-Object { $_.HardwareInterface -or -not $Physical }
}

Export-ModuleMember -Function Get-NetAdapter
