# Programs of the host: started, waited for, and read. A part of hnskit.psm1.

function ConvertTo-HnskitArgument {
    # One argument, quoted as CommandLineToArgvW reads it back. PowerShell 5.1 breaks embedded quotes by itself.
    param([Parameter(Mandatory)] [AllowEmptyString()] [string] $Argument)
    if ($Argument -ne '' -and $Argument -notmatch '[\s"]') { return $Argument }
    $escaped = [regex]::Replace($Argument, '(\\*)"', '$1$1\"')
    '"' + [regex]::Replace($escaped, '(\\+)\z', '$1$1') + '"'
}

function Start-HnskitProgram {
    # A process of a program with these arguments, whose output can be read as UTF-8 text. Kind is the beginning of the
    # ids of its errors.
    param(
        [Parameter(Mandatory)] [string] $Name,
        [Parameter(Mandatory)] [string] $Kind,
        [Parameter(Mandatory)] [string[]] $ArgumentList,
        [string] $Path = $Name
    )
    $start = New-Object System.Diagnostics.ProcessStartInfo
    $start.FileName = $Path
    $start.Arguments = @(foreach ($argument in $ArgumentList) { ConvertTo-HnskitArgument -Argument $argument }) -join ' '
    $start.UseShellExecute = $false
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    $start.StandardOutputEncoding = [System.Text.Encoding]::UTF8
    $start.StandardErrorEncoding = [System.Text.Encoding]::UTF8
    try {
        [System.Diagnostics.Process]::Start($start)
    } catch [System.ComponentModel.Win32Exception] {
        $cause = $_.Exception.GetBaseException()
        if ($cause.NativeErrorCode -eq 2) {
            throw (New-HnskitError -Id "${Kind}Missing" -Category ObjectNotFound -Target $Name `
                -Message "$Name.exe was not found on PATH.")
        }
        throw (New-HnskitError -Id "${Kind}NotStarted" -Category ResourceUnavailable -Target $Name `
            -Message "$Name.exe could not be started: $($cause.Message)")
    }
}

function Invoke-HnskitProgram {
    # A program with these arguments; its exit code and what it printed, as UTF-8 text.
    param(
        [Parameter(Mandatory)] [string] $Name,
        [Parameter(Mandatory)] [string] $Kind,
        [Parameter(Mandatory)] [string[]] $ArgumentList,
        [Parameter(Mandatory)] [int] $TimeoutSeconds,
        [string] $Path = $Name
    )
    $process = Start-HnskitProgram -Name $Name -Kind $Kind -ArgumentList $ArgumentList -Path $Path
    try {
        # Both pipes are read at once: a full one would block the process for ever.
        $output = $process.StandardOutput.ReadToEndAsync()
        $errors = $process.StandardError.ReadToEndAsync()
        $watch = [System.Diagnostics.Stopwatch]::StartNew()
        # In short waits: a pipeline can be stopped between two of them, and not within one.
        while (-not $process.WaitForExit(200)) {
            if ($watch.Elapsed.TotalSeconds -ge $TimeoutSeconds) {
                throw (New-HnskitError -Id "${Kind}Timeout" -Category OperationTimeout -Target $ArgumentList[0] `
                    -Message "$Name $($ArgumentList[0]) did not end within $TimeoutSeconds seconds.")
            }
        }
        $process.WaitForExit()
        [pscustomobject] @{ ExitCode = $process.ExitCode; StdOut = $output.Result; StdErr = $errors.Result }
    } finally {
        if (-not $process.HasExited) { $process.Kill() }
        $process.Dispose()
    }
}
