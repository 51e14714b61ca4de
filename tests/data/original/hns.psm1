# The calls of the original's steps, by the names and parameters that its page uses: HNS v1 through vmcompute.dll.
# Written for this project; the spelling OutbountNat is of the page's failed run, and becomes the key of that name.

$signature = @'
[DllImport("vmcompute.dll")]
public static extern int HNSCall(
    [MarshalAs(UnmanagedType.LPWStr)] string method, [MarshalAs(UnmanagedType.LPWStr)] string path,
    [MarshalAs(UnmanagedType.LPWStr)] string request, [MarshalAs(UnmanagedType.LPWStr)] out string response);
'@
$script:native = Add-Type -MemberDefinition $signature -Name Vmcompute -Namespace Original -PassThru

function Send-Request([string] $Method, [string] $Path, $Body) {
    $request = if ($null -ne $Body) { ConvertTo-Json -InputObject $Body -Depth 10 } else { '' }
    Write-Verbose "$Method $Path $request"
    $response = ''
    $null = $script:native::HNSCall($Method, $Path, $request, [ref] $response)
    $answer = ConvertFrom-Json -InputObject $response
    if (-not $answer.Success) { Write-Error -Message $answer.Error; return }
    if ($answer.PSObject.Properties['Output']) { $answer.Output }
}

function New-HnsNetwork {
    [CmdletBinding()]
    param([string] $Name, [string] $Type, [string] $AddressPrefix, [string] $Gateway)
    $subnet = @{ AddressPrefix = $AddressPrefix; GatewayAddress = $Gateway }
    Send-Request POST /networks @{ Name = $Name; Type = $Type; Subnets = @($subnet) }
}

function New-HnsEndpoint {
    [CmdletBinding()]
    param(
        [guid] $NetworkId, [string] $Name, [string] $IPAddress, [string] $Gateway, [string] $DNSServerList,
        [switch] $EnableOutboundNat
    )
    $body = @{ VirtualNetwork = "$NetworkId"; Policies = @() }
    if ($Name) { $body.Name = $Name }
    if ($IPAddress) { $body.IPAddress = $IPAddress }
    if ($Gateway) { $body.GatewayAddress = $Gateway }
    if ($DNSServerList) { $body.DNSServerList = $DNSServerList }
    if ($EnableOutboundNat) { $body.Policies = @(@{ Type = 'OutBoundNAT' }) }
    Send-Request POST /endpoints $body
}

function Attach-HnsHostEndpoint {
    [CmdletBinding()]
    param([guid] $EndpointID, [int] $CompartmentID)
    Send-Request POST "/endpoints/$EndpointID/attach" @{ SystemType = 'Host'; CompartmentId = $CompartmentID }
}

function New-HnsProxyPolicy {
    [CmdletBinding()]
    param(
        [guid[]] $Endpoints, [string] $Destination, [string] $DestinationPrefix, [string] $DestinationPort,
        [bool] $OutboundNat, [bool] $OutbountNat
    )
    $policy = @{ Type = 'PROXY' }
    if ($DestinationPrefix) { $policy.IP = $DestinationPrefix }
    if ($DestinationPort) { $policy.Port = $DestinationPort }
    if ($Destination) { $policy.Destination = $Destination }
    if ($OutboundNat) { $policy.OutboundNat = $true }
    if ($OutbountNat) { $policy.OutbountNat = $true }
    foreach ($id in $Endpoints) {
        $there = @((Get-HnsEndpoint -Id $id).Policies)
        Send-Request POST "/endpoints/$id" @{ ID = "$id"; Policies = @($there) + $policy }
    }
}

function Remove-HnsProxyPolicy {
    [CmdletBinding()]
    param([guid[]] $Endpoints)
    foreach ($id in $Endpoints) {
        $left = @((Get-HnsEndpoint -Id $id).Policies | Where-Object { $_.Type -ne 'PROXY' })
        Send-Request POST "/endpoints/$id" @{ ID = "$id"; Policies = $left }
    }
}

Export-ModuleMember -Function New-HnsNetwork, New-HnsEndpoint, Attach-HnsHostEndpoint, New-HnsProxyPolicy, Remove-HnsProxyPolicy
