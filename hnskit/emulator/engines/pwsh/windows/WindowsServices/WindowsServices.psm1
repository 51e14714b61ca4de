# Get-Service of Windows for the services that matter to containers; a restart of HNS. The rest is refused by name.

Set-StrictMode -Version 3

function Get-Service {
    [CmdletBinding()]
    param([Parameter(Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)] [string[]] $Name = '*')
    process {
        $there = @(foreach ($row in Invoke-EmulatedHost -Subject 'Service') {
            [pscustomobject] @{ Status = $row.Status; Name = $row.Name; DisplayName = $row.DisplayName }
        })
        foreach ($wanted in $Name) {
            $found = @($there | Where-Object { $_.Name -like $wanted })
            $found
            if ($found.Count -or $wanted -match '[*?\[]') { continue }
            $PSCmdlet.WriteError([System.Management.Automation.ErrorRecord]::new(
                [System.InvalidOperationException] "Cannot find any service with service name '$wanted'.",
                'NoServiceFoundForGivenName', 'ObjectNotFound', $wanted))
        }
    }
}

function Restart-Service {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)] [string[]] $Name,
        [switch] $Force
    )
    process {
        foreach ($one in $Name) {
            if (-not (Invoke-EmulatedHost -Subject 'RestartService' -Request @{ Name = $one })) {
                $PSCmdlet.WriteError([System.Management.Automation.ErrorRecord]::new(
                    [System.NotSupportedException] "hnskit emulator: a restart of the service $one is not emulated.",
                    'NotEmulated', 'NotImplemented', $one))
            }
        }
    }
}

Export-ModuleMember -Function Get-Service, Restart-Service
