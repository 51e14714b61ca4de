# Commands of Windows' NetTCPIP, for the emulated host's network. A parameter that is not here is refused by the binder.

Set-StrictMode -Version 3

function Get-NetIPInterface {
    [CmdletBinding()]
    param(
        [Parameter(Position = 0)] [Alias('ifAlias')] [string[]] $InterfaceAlias,
        [Alias('ifIndex')] [uint32[]] $InterfaceIndex,
        [ValidateSet('IPv4', 'IPv6')] [string[]] $AddressFamily,
        [ValidateSet('Enabled', 'Disabled')] [string[]] $Forwarding,
        [ValidateSet('Enabled', 'Disabled')] [string[]] $Dhcp,
        [ValidateSet('Connected', 'Disconnected')] [string[]] $ConnectionState,
        [uint32[]] $CompartmentId,
        [switch] $IncludeAllCompartments
    )
    Get-EmulatedInstance -Class MSFT_NetIPInterface -Caller $PSCmdlet -Report InterfaceAlias, InterfaceIndex `
        -OwnCompartment:(-not $IncludeAllCompartments)
}

function Set-NetIPInterface {
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium')]
    param(
        [Parameter(Position = 0)] [Alias('ifAlias')] [string[]] $InterfaceAlias,
        [Alias('ifIndex')] [uint32[]] $InterfaceIndex,
        [ValidateSet('IPv4', 'IPv6')] [string[]] $AddressFamily,
        [Parameter(Mandatory)] [ValidateSet('Enabled', 'Disabled')] [string] $Forwarding
    )
    # What is to be set is no filter.
    $null = $PSCmdlet.MyInvocation.BoundParameters.Remove('Forwarding')
    $interfaces = Get-EmulatedInstance -Class MSFT_NetIPInterface -Caller $PSCmdlet -Report InterfaceAlias, InterfaceIndex `
        -OwnCompartment
    foreach ($interface in $interfaces) {
        if ($PSCmdlet.ShouldProcess($interface.InterfaceAlias)) {
            $request = @{ InterfaceIndex = $interface.InterfaceIndex; Forwarding = $Forwarding }
            $null = Invoke-EmulatedHost -Subject 'Forwarding' -Request $request
        }
    }
}

function Get-NetIPAddress {
    [CmdletBinding()]
    param(
        [Parameter(Position = 0)] [Alias('LocalAddress')] [string[]] $IPAddress,
        [Alias('ifAlias')] [string[]] $InterfaceAlias,
        [Alias('ifIndex')] [uint32[]] $InterfaceIndex,
        [ValidateSet('IPv4', 'IPv6')] [string[]] $AddressFamily,
        [byte[]] $PrefixLength,
        [switch] $IncludeAllCompartments
    )
    Get-EmulatedInstance -Class MSFT_NetIPAddress -Caller $PSCmdlet -Report IPAddress, InterfaceAlias, InterfaceIndex `
        -OwnCompartment:(-not $IncludeAllCompartments)
}

function Get-NetRoute {
    [CmdletBinding()]
    param(
        [Parameter(Position = 0)] [string[]] $DestinationPrefix,
        [Alias('ifAlias')] [string[]] $InterfaceAlias,
        [Alias('ifIndex')] [uint32[]] $InterfaceIndex,
        [ValidateSet('IPv4', 'IPv6')] [string[]] $AddressFamily,
        [string[]] $NextHop,
        [uint16[]] $RouteMetric,
        [uint32[]] $CompartmentId,
        [switch] $IncludeAllCompartments
    )
    Get-EmulatedInstance -Class MSFT_NetRoute -Caller $PSCmdlet -Report DestinationPrefix, InterfaceAlias, InterfaceIndex, NextHop `
        -OwnCompartment:(-not $IncludeAllCompartments)
}

function Get-NetCompartment {
    [CmdletBinding()]
    param(
        [Parameter(Position = 0)] [uint32[]] $CompartmentId
    )
    Get-EmulatedInstance -Class MSFT_NetCompartment -Caller $PSCmdlet -Report CompartmentId
}

Export-ModuleMember -Function Get-NetIPInterface, Set-NetIPInterface, Get-NetIPAddress, Get-NetRoute, Get-NetCompartment
