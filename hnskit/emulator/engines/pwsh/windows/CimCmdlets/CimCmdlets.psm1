# Of Windows' CimCmdlets the one call that hnskit makes: a process that WMI starts, and not the session.

Set-StrictMode -Version 3

function Invoke-CimMethod {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory, Position = 0)] [string] $ClassName,
        [Parameter(Mandatory, Position = 2)] [string] $MethodName,
        [Parameter(Position = 1)] [System.Collections.IDictionary] $Arguments
    )
    if ("$ClassName.$MethodName" -ne 'Win32_Process.Create') {
        $PSCmdlet.ThrowTerminatingError([System.Management.Automation.ErrorRecord]::new(
            [System.NotSupportedException] "The emulated host has no $ClassName.$MethodName.",
            'NotEmulated', 'NotImplemented', $ClassName))
    }
    $answer = Invoke-EmulatedHost -Subject 'Process' -Request @{
        CommandLine = [string] $Arguments['CommandLine']; CurrentDirectory = [string] $Arguments['CurrentDirectory']
    }
    [pscustomobject] @{ PSTypeName = 'Microsoft.Management.Infrastructure.CimMethodResult#Win32_Process#Create'
        ProcessId = [uint32] $answer.ProcessId; ReturnValue = [uint32] $answer.ReturnValue }
}

Export-ModuleMember -Function Invoke-CimMethod
