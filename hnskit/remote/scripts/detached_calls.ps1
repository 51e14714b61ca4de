# A call of HNS in a process that outlives the session. A part of hnskit.psm1.

function Invoke-HnskitWorker {
    # What a detached process does: it says that it is ready, waits for one call of HNS, and leaves the answer beside it,
    # whole or not at all. A session that ends before it has given the call has changed nothing.
    # No command but those of this text is used: the first one of a module costs as much as the start of the process.
    param([Parameter(Mandatory)] [string] $Folder)
    # On Windows a folder in which a process works cannot be removed.
    [System.Environment]::CurrentDirectory = [System.IO.Path]::GetTempPath()
    $vmcompute = Get-HnskitNative -Library 'vmcompute.dll'
    [System.IO.File]::WriteAllText([System.IO.Path]::Combine($Folder, 'ready'), '')
    $given = [System.IO.Path]::Combine($Folder, 'call')
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    while (-not [System.IO.File]::Exists($given)) {
        if ($watch.Elapsed.TotalSeconds -ge 60) { return }
        [System.Threading.Thread]::Sleep(10)
    }
    $method, $path, $body = [System.IO.File]::ReadAllText($given).Split([char[]] "`n", 3)
    $response = ''
    $result = $vmcompute::HNSCall($method, $path, $body, [ref] $response)
    $answer = [System.IO.Path]::Combine($Folder, 'answer')
    [System.IO.File]::WriteAllText("$answer.new", "$result`n$response")
    [System.IO.File]::Move("$answer.new", $answer)
}

function Start-HnskitWorker {
    # A process of Windows PowerShell that does not end with this session: WMI starts it, and a session of ssh ends all
    # that it has started itself. What it runs lies in a folder of this user's own, in which it starts: neither its command
    # line nor its script has any value in it.
    param([Parameter(Mandatory)] [string] $Folder)
    $functions = 'Get-HnskitSignature', 'New-HnskitNativeType', 'New-HnskitCompiledType', 'Get-HnskitNative',
        'Invoke-HnskitWorker'
    $lines = @("Set-StrictMode -Version Latest`n`$ErrorActionPreference = 'Stop'`n`$script:HnskitNative = @{}")
    $lines += foreach ($name in $functions) {
        "function $name {$($ExecutionContext.InvokeCommand.GetCommand($name, 'Function').Definition)}"
    }
    $null = [System.IO.Directory]::CreateDirectory($Folder)
    [System.IO.File]::WriteAllText([System.IO.Path]::Combine($Folder, 'worker.ps1'), ($lines -join "`n"))
    $command = '$folder = [System.Environment]::CurrentDirectory; . ([scriptblock]::Create([System.IO.File]::ReadAllText(' +
        "[System.IO.Path]::Combine(`$folder, 'worker.ps1')))); Invoke-HnskitWorker -Folder `$folder"
    $encoded = [System.Convert]::ToBase64String([System.Text.Encoding]::Unicode.GetBytes($command))
    $program = "$env:SystemRoot\System32\WindowsPowerShell\v1.0\powershell.exe"
    $started = Invoke-CimMethod -ClassName Win32_Process -MethodName Create -ErrorAction Stop -Arguments @{
        CommandLine = "`"$program`" -NoLogo -NoProfile -NonInteractive -EncodedCommand $encoded"
        CurrentDirectory = $Folder
    }
    if ($started.ReturnValue -ne 0) {
        throw (New-HnskitError -Id 'WorkerNotStarted' -Category ResourceUnavailable -Target 'Win32_Process' `
            -Message "Win32_Process.Create gave $($started.ReturnValue).")
    }
}

function Wait-HnskitFile {
    # Whether there was such a file in time.
    param([Parameter(Mandatory)] [string] $Path, [Parameter(Mandatory)] [int] $TimeoutSeconds)
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    while (-not [System.IO.File]::Exists($Path)) {
        if ($watch.Elapsed.TotalSeconds -ge $TimeoutSeconds) { return $false }
        Start-Sleep -Milliseconds 10
    }
    $true
}

function Remove-HnskitFolder {
    # Folders of calls that are over. One that cannot be removed now is removed by a later call.
    param([Parameter(Mandatory)] [AllowEmptyCollection()] [string[]] $Folder)
    foreach ($path in $Folder) { try { [System.IO.Directory]::Delete($path, $true) } catch { $null = $_ } }
}

function Invoke-HnskitDetached {
    # Invoke-HnskitHns in a process of its own, for a session that a cut of the host's network may end (HNS fact 65); in
    # this one where no such process can be started. The guard is looked at when the process waits for nothing but the call.
    param(
        [Parameter(Mandatory)] [string] $Method,
        [Parameter(Mandatory)] [string] $Path,
        [AllowEmptyString()] [string] $Body = '',
        [AllowEmptyString()] [string] $Guard = '',
        [ValidateRange(1, 3600)] [int] $TimeoutSeconds = 120
    )
    $place = [System.IO.Path]::GetTempPath()
    # Of sessions that did not live to take the answer.
    $left = @([System.IO.Directory]::GetDirectories($place, 'hnskit-detached-*') | Where-Object {
        [System.IO.Directory]::GetLastWriteTimeUtc($_) -lt [System.DateTime]::UtcNow.AddHours(-1)
    })
    Remove-HnskitFolder -Folder $left
    $folder = [System.IO.Path]::Combine($place, "hnskit-detached-$([System.Guid]::NewGuid())")
    $ready = try {
        Start-HnskitWorker -Folder $folder
        Wait-HnskitFile -Path ([System.IO.Path]::Combine($folder, 'ready')) -TimeoutSeconds 30
    } catch {
        $false
    }
    if (-not $ready) {
        Remove-HnskitFolder -Folder $folder
        return Invoke-HnskitHns -Method $Method -Path $Path -Body $Body -Guard $Guard
    }
    try {
        if ($Guard) { Assert-HnskitGuard -Guard $Guard }
        $call = [System.IO.Path]::Combine($folder, 'call')
        [System.IO.File]::WriteAllText("$call.new", "$Method`n$Path`n$Body")
        [System.IO.File]::Move("$call.new", $call)
        $answer = [System.IO.Path]::Combine($folder, 'answer')
        if (-not (Wait-HnskitFile -Path $answer -TimeoutSeconds $TimeoutSeconds)) {
            throw (New-HnskitError -Id 'DetachedTimeout' -Category OperationTimeout -Target 'Invoke-HnskitHns' `
                -Message "HNS did not answer a detached process within $TimeoutSeconds seconds.")
        }
        $result, $response = [System.IO.File]::ReadAllText($answer).Split([char[]] "`n", 2)
        [pscustomobject] @{ HResult = [int] $result; Response = $response }
    } finally {
        Remove-HnskitFolder -Folder $folder
    }
}
