# Events of a container runtime. A part of hnskit.psm1.

function Watch-HnskitEvent {
    # What docker events or ctr events print of containers that start or end, line by line as it happens. It ends after
    # Seconds, or SettleMilliseconds after the first line, so that who waits can read the host.
    # Since is in seconds of Unix, as docker takes it; ctr has no such thing.
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [ValidateSet('docker', 'containerd')] [string] $Runtime,
        [AllowEmptyString()] [ValidatePattern('^([0-9]{1,12}(\.[0-9]{1,9})?)?\z')] [string] $Since = '',
        [ValidateRange(1, 86400)] [int] $Seconds = 300,
        [ValidateRange(0, 60000)] [int] $SettleMilliseconds = 500
    )
    $docker = $Runtime -eq 'docker'
    $name = if ($docker) { 'docker' } else { 'ctr' }
    $words = if ($docker) {
        'events', '--format', '{{json .}}', '--filter', 'type=container', '--filter', 'event=start', '--filter', 'event=die',
            '--filter', 'event=destroy'
    } else {
        'events', 'topic=="/tasks/start"', 'topic=="/tasks/exit"'
    }
    if ($docker -and $Since) { $words += '--since', $Since }
    try {
        if ($docker) { $process = Start-HnskitProgram -Name docker -Kind Docker -ArgumentList $words } else {
            $path = Find-HnskitTool -Name ctr
            if (-not $path) {
                throw (New-HnskitError -Id 'ToolMissing' -Category ObjectNotFound -Target 'ctr' `
                    -Message 'ctr.exe was not found on PATH.')
            }
            $process = Start-HnskitProgram -Name ctr -Path $path -Kind Tool -ArgumentList $words
        }
    } catch {
        $PSCmdlet.ThrowTerminatingError($_)
    }
    try {
        $errors = $process.StandardError.ReadToEndAsync()
        $watch = [System.Diagnostics.Stopwatch]::StartNew()
        $end = 1000.0 * $Seconds
        $next = $process.StandardOutput.ReadLineAsync()
        while ($watch.ElapsedMilliseconds -lt $end) {
            # In short waits: a pipeline can be stopped between two of them, and not within one.
            if (-not $next.Wait([int] [System.Math]::Min(500, $end - $watch.ElapsedMilliseconds + 1))) { continue }
            if ($null -eq $next.Result) {
                $PSCmdlet.ThrowTerminatingError((New-HnskitError -Id 'EventsEnded' -Category ResourceUnavailable `
                    -Target $name -Message "$name events ended: $($errors.Result.Trim())"))
            }
            $next.Result
            $end = [System.Math]::Min($end, $watch.ElapsedMilliseconds + $SettleMilliseconds)
            $next = $process.StandardOutput.ReadLineAsync()
        }
    } finally {
        if (-not $process.HasExited) { $process.Kill() }
        $process.Dispose()
    }
}
