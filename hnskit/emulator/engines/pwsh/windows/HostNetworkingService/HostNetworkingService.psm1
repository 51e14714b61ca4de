# Windows' own commands over HNS: lists and removals (HNS fact 91). What they say of an error is UNCONFIRMED.
# New-Hns... and Attach-Hns... are not among them: those are of Microsoft's hns.psm1.

Set-StrictMode -Version 3

function Read-Hns {
    # The objects of a list, or the one with this id.
    param(
        [Parameter(Mandatory)] [System.Management.Automation.PSCmdlet] $Caller,
        [Parameter(Mandatory)] [string] $Kind,
        [guid] $Id = [guid]::Empty
    )
    $path = if ($Id -eq [guid]::Empty) { "/$Kind" } else { "/$Kind/$Id" }
    $answer = Invoke-EmulatedHns -Method GET -Path $path
    if ($answer.Success) {
        # An empty list is nothing, and not an empty list.
        foreach ($one in $answer.Output) { $one }
    } else {
        Write-HnsError -Caller $Caller -Answer $answer -Target $path
    }
}

function Remove-Hns {
    param(
        [Parameter(Mandatory)] [System.Management.Automation.PSCmdlet] $Caller,
        [Parameter(Mandatory)] [string] $Kind,
        [Parameter(Mandatory)] [guid] $Id
    )
    $answer = Invoke-EmulatedHns -Method DELETE -Path "/$Kind/$Id"
    if (-not $answer.Success) { Write-HnsError -Caller $Caller -Answer $answer -Target "/$Kind/$Id" }
}

function Write-HnsError {
    param($Caller, $Answer, $Target)
    $Caller.WriteError([System.Management.Automation.ErrorRecord]::new(
        [System.InvalidOperationException] $Answer.Error, 'HnsError', 'InvalidOperation', $Target))
}

function Get-HnsNetwork {
    [CmdletBinding()]
    param([Parameter(Position = 0, ValueFromPipelineByPropertyName)] [guid] $Id = [guid]::Empty)
    process { Read-Hns -Caller $PSCmdlet -Kind networks -Id $Id }
}

function Get-HnsEndpoint {
    [CmdletBinding()]
    param([Parameter(Position = 0, ValueFromPipelineByPropertyName)] [guid] $Id = [guid]::Empty)
    process { Read-Hns -Caller $PSCmdlet -Kind endpoints -Id $Id }
}

function Get-HnsPolicyList {
    [CmdletBinding()]
    param([Parameter(Position = 0, ValueFromPipelineByPropertyName)] [guid] $Id = [guid]::Empty)
    process { Read-Hns -Caller $PSCmdlet -Kind policylists -Id $Id }
}

function Get-HnsNamespace {
    [CmdletBinding()]
    param([Parameter(Position = 0, ValueFromPipelineByPropertyName)] [guid] $Id = [guid]::Empty)
    process { Read-Hns -Caller $PSCmdlet -Kind namespaces -Id $Id }
}

function Remove-HnsNetwork {
    [CmdletBinding()]
    param([Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)] [guid] $Id)
    process { Remove-Hns -Caller $PSCmdlet -Kind networks -Id $Id }
}

function Remove-HnsEndpoint {
    [CmdletBinding()]
    param([Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)] [guid] $Id)
    process { Remove-Hns -Caller $PSCmdlet -Kind endpoints -Id $Id }
}

function Remove-HnsPolicyList {
    [CmdletBinding()]
    param([Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)] [guid] $Id)
    process { Remove-Hns -Caller $PSCmdlet -Kind policylists -Id $Id }
}

function Remove-HnsNamespace {
    [CmdletBinding()]
    param([Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)] [guid] $Id)
    process { Remove-Hns -Caller $PSCmdlet -Kind namespaces -Id $Id }
}

Export-ModuleMember -Function Get-HnsNetwork, Get-HnsEndpoint, Get-HnsPolicyList, Get-HnsNamespace, Remove-HnsNetwork,
    Remove-HnsEndpoint, Remove-HnsPolicyList, Remove-HnsNamespace
