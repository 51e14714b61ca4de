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
    # What is to be set is not a filter.
    $null = $PSCmdlet.MyInvocation.BoundParameters.Remove('Forwarding')
    $interfaces = Get-EmulatedInstance -Class MSFT_NetIPInterface -Caller $PSCmdlet -Report InterfaceAlias, InterfaceIndex `
        -OwnCompartment
    foreach ($interface in $interfaces) {
        if ($PSCmdlet.ShouldProcess($interface.InterfaceAlias)) {
            $request = @{
                InterfaceIndex = $interface.InterfaceIndex; AddressFamily = $interface.AddressFamily
                Forwarding = $Forwarding
            }
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

function Get-NetIPConfiguration {
    # One object for each interface of the host's compartment that has an adapter.
    [CmdletBinding()]
    param(
        [Parameter(Position = 0)] [Alias('ifAlias')] [string] $InterfaceAlias,
        [Alias('ifIndex')] [int] $InterfaceIndex
    )
    $interfaces = @(Get-NetIPInterface -AddressFamily IPv4)
    if ($InterfaceAlias) { $interfaces = @($interfaces | Where-Object { $_.InterfaceAlias -like $InterfaceAlias }) }
    if ($InterfaceIndex) { $interfaces = @($interfaces | Where-Object { $_.InterfaceIndex -eq $InterfaceIndex }) }
    $adapters = @(Get-NetAdapter)
    $addresses = @(Get-NetIPAddress -AddressFamily IPv4)
    $routes = @(Get-NetRoute -AddressFamily IPv4)
    foreach ($interface in $interfaces) {
        $adapter = $adapters | Where-Object { $_.ifIndex -eq $interface.ifIndex }
        if (-not $adapter) { continue }
        [pscustomobject] @{
            PSTypeName = 'NetIPConfiguration'
            InterfaceAlias = $interface.InterfaceAlias
            InterfaceIndex = $interface.InterfaceIndex
            InterfaceDescription = $adapter.InterfaceDescription
            NetAdapter = $adapter
            NetIPv4Interface = $interface
            IPv4Address = @($addresses | Where-Object { $_.ifIndex -eq $interface.ifIndex })
            IPv6Address = @()
            IPv4DefaultGateway = @($routes | Where-Object {
                $_.ifIndex -eq $interface.ifIndex -and $_.DestinationPrefix -eq '0.0.0.0/0' })
        }
    }
}

function Get-NetCompartment {
    [CmdletBinding()]
    param(
        [Parameter(Position = 0)] [uint32[]] $CompartmentId
    )
    Get-EmulatedInstance -Class MSFT_NetCompartment -Caller $PSCmdlet -Report CompartmentId
}

Export-ModuleMember -Function Get-NetIPInterface, Set-NetIPInterface, Get-NetIPAddress, Get-NetRoute, Get-NetCompartment, Get-NetIPConfiguration
