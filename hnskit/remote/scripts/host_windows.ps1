# Windows and its network. A part of hnskit.psm1.

function Get-HnskitSystem {
    # Which Windows this is, and who asks.
    [CmdletBinding()] param()
    $windows = Get-ItemProperty -Path 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion' -ErrorAction Stop
    $identity = [System.Security.Principal.WindowsIdentity]::GetCurrent()
    $principal = New-Object System.Security.Principal.WindowsPrincipal $identity
    [pscustomobject] @{
        ComputerName = [string] $env:COMPUTERNAME
        ProductName = [string] $windows.ProductName
        Build = [int] $windows.CurrentBuildNumber
        Revision = [int] $windows.UBR
        PSVersion = $PSVersionTable.PSVersion.ToString()
        Culture = [System.Globalization.CultureInfo]::InstalledUICulture.Name
        Administrator = $principal.IsInRole([System.Security.Principal.WindowsBuiltInRole]::Administrator)
        UtcNow = [System.DateTime]::UtcNow.ToString('o', [System.Globalization.CultureInfo]::InvariantCulture)
    }
}

function Get-HnskitAdapter {
    # The adapters that the host sees, container vNICs among them (HNS fact 82).
    [CmdletBinding()] param()
    foreach ($adapter in Get-NetAdapter -ErrorAction Stop) {
        [pscustomobject] @{
            Name = [string] $adapter.Name
            Description = [string] $adapter.InterfaceDescription
            Index = [int] $adapter.ifIndex
            Status = [string] $adapter.Status
            MacAddress = [string] $adapter.MacAddress
            Physical = [bool] $adapter.HardwareInterface
            Medium = [int] $adapter.NdisPhysicalMedium
        }
    }
}

function Get-HnskitInterface {
    # IPv4 interfaces of every compartment, with their forwarding (HNS facts 71, 82).
    [CmdletBinding()] param()
    foreach ($interface in Get-NetIPInterface -AddressFamily IPv4 -IncludeAllCompartments -ErrorAction Stop) {
        [pscustomobject] @{
            Index = [int] $interface.ifIndex
            Alias = [string] $interface.InterfaceAlias
            CompartmentId = [int] $interface.CompartmentId
            Forwarding = [string] $interface.Forwarding
            Mtu = [long] $interface.NlMtu
            Dhcp = [string] $interface.Dhcp
            ConnectionState = [string] $interface.ConnectionState
        }
    }
}

function Get-HnskitAddress {
    # The host's own IPv4 addresses. Those of containers are not visible here (HNS fact 82).
    [CmdletBinding()] param()
    foreach ($address in Get-NetIPAddress -AddressFamily IPv4 -ErrorAction Stop) {
        [pscustomobject] @{
            Index = [int] $address.InterfaceIndex
            Alias = [string] $address.InterfaceAlias
            IPAddress = [string] $address.IPAddress
            PrefixLength = [int] $address.PrefixLength
            Origin = [string] $address.PrefixOrigin
            State = [string] $address.AddressState
        }
    }
}

function Get-HnskitRoute {
    # Active IPv4 routes of every compartment.
    [CmdletBinding()] param()
    foreach ($route in Get-NetRoute -AddressFamily IPv4 -IncludeAllCompartments -ErrorAction Stop) {
        [pscustomobject] @{
            DestinationPrefix = [string] $route.DestinationPrefix
            NextHop = [string] $route.NextHop
            Index = [int] $route.ifIndex
            Metric = [int] $route.RouteMetric
            CompartmentId = [int] $route.CompartmentId
        }
    }
}

function Get-HnskitCompartment {
    # Network compartments: 1 is the host, '\Container_<id>' a container's (HNS fact 79).
    [CmdletBinding()] param()
    foreach ($compartment in Get-NetCompartment -ErrorAction Stop) {
        [pscustomobject] @{
            Id = [int] $compartment.CompartmentId
            Description = [string] $compartment.CompartmentDescription
            Guid = [string] $compartment.CompartmentGuid
        }
    }
}

function Set-HnskitForwarding {
    # IPv4 forwarding of one interface of the host (HNS fact 71).
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [ValidateRange(1, 2147483647)] [int] $InterfaceIndex,
        [Parameter(Mandatory)] [ValidateSet('Enabled', 'Disabled')] [string] $State
    )
    Set-NetIPInterface -InterfaceIndex $InterfaceIndex -AddressFamily IPv4 -Forwarding $State -ErrorAction Stop
    [pscustomobject] @{ InterfaceIndex = $InterfaceIndex; Forwarding = $State }
}

function Test-HnskitPath {
    # Whether there is a file or a folder of this path on the host.
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Path)
    [pscustomobject] @{ Path = $Path; Exists = [bool] (Test-Path -LiteralPath $Path -ErrorAction Stop) }
}
