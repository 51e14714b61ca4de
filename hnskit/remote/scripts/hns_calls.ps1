# One call of HNS, by v1 (HNSCall) or v2 (HCN). A part of hnskit.psm1.

function Invoke-HnskitHns {
    # One call of vmcompute.dll's HNSCall: JSON text in, the HRESULT and the JSON text out (HNS facts 1-5).
    # With a Guard, HNS is read again right before, and nothing is sent if it is not as the caller saw it.
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [ValidateSet('GET', 'POST', 'DELETE')] [string] $Method,
        [Parameter(Mandatory)] [ValidatePattern('^/[A-Za-z0-9/_.{}-]*\z')] [string] $Path,
        [AllowEmptyString()] [string] $Body = '',
        [AllowEmptyString()] [string] $Guard = ''
    )
    if ($Guard) { Assert-HnskitGuard -Guard $Guard }
    $vmcompute = Get-HnskitNative -Library 'vmcompute.dll'
    $response = ''
    try {
        $result = $vmcompute::HNSCall($Method, $Path, $Body, [ref] $response)
    } catch [System.DllNotFoundException] {
        $PSCmdlet.ThrowTerminatingError((New-HnskitError -Id 'HnsMissing' -Category ObjectNotFound -Target 'vmcompute.dll' `
            -Message 'vmcompute.dll was not found: the Containers feature of Windows is not installed.'))
    }
    [pscustomobject] @{ HResult = $result; Response = [string] $response }
}

function Invoke-HnskitHcn {
    # One endpoint, network or namespace of HCN: opened, asked or changed, closed. Settings is a query's or a request's
    # JSON; the answer has the HRESULT, the properties that a query gave, and the error record, both JSON text (HNS facts
    # 51, 57).
    # With a Guard, HNS is read again right before, and nothing is sent if it is not as the caller saw it.
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)]
        [ValidateSet('QueryEndpoint', 'ModifyEndpoint', 'QueryNetwork', 'ModifyNetwork', 'ModifyNamespace')]
        [string] $Operation,
        [Parameter(Mandatory)]
        [ValidatePattern('^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}\z')] [string] $Id,
        [AllowEmptyString()] [string] $Settings = '',
        [AllowEmptyString()] [string] $Guard = ''
    )
    if ($Guard) { Assert-HnskitGuard -Guard $Guard }
    $computenetwork = Get-HnskitNative -Library 'computenetwork.dll'
    $identity = [System.Guid] $Id
    $handle = [System.IntPtr]::Zero
    $properties = ''
    $record = ''
    try {
        $result = switch -Wildcard ($Operation) {
            '*Network' { $computenetwork::HcnOpenNetwork([ref] $identity, [ref] $handle, [ref] $record) }
            '*Endpoint' { $computenetwork::HcnOpenEndpoint([ref] $identity, [ref] $handle, [ref] $record) }
            '*Namespace' { $computenetwork::HcnOpenNamespace([ref] $identity, [ref] $handle, [ref] $record) }
        }
    } catch [System.DllNotFoundException] {
        $PSCmdlet.ThrowTerminatingError((New-HnskitError -Id 'HcnMissing' -Category ObjectNotFound `
            -Target 'computenetwork.dll' `
            -Message 'computenetwork.dll was not found: this Windows has no v2 API of HNS, or no Containers feature.'))
    }
    if ($result -ge 0) {
        try {
            $result = switch ($Operation) {
                'QueryEndpoint' {
                    $computenetwork::HcnQueryEndpointProperties(
                        $handle, $Settings, [ref] $properties, [ref] $record)
                }
                'ModifyEndpoint' { $computenetwork::HcnModifyEndpoint($handle, $Settings, [ref] $record) }
                'QueryNetwork' {
                    $computenetwork::HcnQueryNetworkProperties(
                        $handle, $Settings, [ref] $properties, [ref] $record)
                }
                'ModifyNetwork' { $computenetwork::HcnModifyNetwork($handle, $Settings, [ref] $record) }
                'ModifyNamespace' { $computenetwork::HcnModifyNamespace($handle, $Settings, [ref] $record) }
            }
        } finally {
            $null = switch -Wildcard ($Operation) {
                '*Network' { $computenetwork::HcnCloseNetwork($handle) }
                '*Endpoint' { $computenetwork::HcnCloseEndpoint($handle) }
                '*Namespace' { $computenetwork::HcnCloseNamespace($handle) }
            }
        }
    }
    [pscustomobject] @{ HResult = $result; Properties = [string] $properties; ErrorRecord = [string] $record }
}
