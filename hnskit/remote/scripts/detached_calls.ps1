# A call in a process that outlives the session. A part of hnskit.psm1.

function Invoke-HnskitWorker {
    # What a detached process does: the call of its folder, with its answer beside it, whole or not at all.
    param([Parameter(Mandatory)] [string] $Folder)
    $text = [System.IO.File]::ReadAllText([System.IO.Path]::Combine($Folder, 'call.json'))
    $answer = ConvertTo-HnskitAnswer -Request (ConvertFrom-Json -InputObject $text) -Allowed 'Invoke-HnskitHns'
    $path = [System.IO.Path]::Combine($Folder, 'answer.json')
    [System.IO.File]::WriteAllText("$path.new", $answer)
    [System.IO.File]::Move("$path.new", $path)
}

function Start-HnskitWorker {
    # A process of Windows PowerShell that does not end with this session: WMI starts it, and a session of ssh ends all
    # that it has started itself. What it runs lies in a folder of this user's own, in which it starts: neither its command
    # line nor its script has any value in it.
    param([Parameter(Mandatory)] [string] $Folder, [Parameter(Mandatory)] [string] $Text)
    $functions = 'New-HnskitError', 'ConvertTo-HnskitJson', 'Assert-HnskitGuard', 'Get-HnskitSignature',
        'New-HnskitNativeType', 'New-HnskitCompiledType', 'Get-HnskitNative', 'Invoke-HnskitHns',
        'ConvertTo-HnskitAnswer', 'Invoke-HnskitWorker'
    $lines = @("Set-StrictMode -Version Latest`n`$ErrorActionPreference = 'Stop'`n`$script:HnskitNative = @{}")
    $lines += foreach ($name in $functions) {
        "function $name {$($ExecutionContext.InvokeCommand.GetCommand($name, 'Function').Definition)}"
    }
    $null = [System.IO.Directory]::CreateDirectory($Folder)
    [System.IO.File]::WriteAllText([System.IO.Path]::Combine($Folder, 'worker.ps1'), ($lines -join "`n"))
    [System.IO.File]::WriteAllText([System.IO.Path]::Combine($Folder, 'call.json'), $Text)
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

function Invoke-HnskitDetached {
    # One call in a process of its own, for a session that a cut of the host's network may end (HNS fact 65); its
    # answer, or nothing where no such process can be started, and so nothing was done.
    param([Parameter(Mandatory)] [string] $Text, [ValidateRange(1, 3600)] [int] $TimeoutSeconds = 120)
    $place = [System.IO.Path]::GetTempPath()
    foreach ($old in [System.IO.Directory]::GetDirectories($place, 'hnskit-detached-*')) {
        # Of a session that did not live to take the answer.
        if ([System.IO.Directory]::GetLastWriteTimeUtc($old) -lt [System.DateTime]::UtcNow.AddHours(-1)) {
            [System.IO.Directory]::Delete($old, $true)
        }
    }
    $folder = [System.IO.Path]::Combine($place, "hnskit-detached-$([System.Guid]::NewGuid())")
    try { Start-HnskitWorker -Folder $folder -Text $Text } catch { return }
    $answer = [System.IO.Path]::Combine($folder, 'answer.json')
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    while (-not [System.IO.File]::Exists($answer)) {
        if ($watch.Elapsed.TotalSeconds -ge $TimeoutSeconds) {
            throw (New-HnskitError -Id 'DetachedTimeout' -Category OperationTimeout -Target 'Invoke-HnskitHns' `
                -Message "HNS did not answer a detached process within $TimeoutSeconds seconds.")
        }
        Start-Sleep -Milliseconds 50
    }
    [System.IO.File]::ReadAllText($answer)
    [System.IO.Directory]::Delete($folder, $true)
}
