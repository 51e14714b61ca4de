# docker.exe and containerd's tools. A part of hnskit.psm1.

function Invoke-HnskitDocker {
    # docker.exe with these arguments; its exit code and what it printed, as UTF-8 text.
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string[]] $ArgumentList,
        [ValidateRange(1, 86400)] [int] $TimeoutSeconds = 600
    )
    $allowed = 'exec', 'image', 'import', 'inspect', 'load', 'logs', 'ps', 'pull', 'rm', 'run', 'start', 'stop', 'version'
    if ($ArgumentList[0] -cnotin $allowed) {
        $PSCmdlet.ThrowTerminatingError((New-HnskitError -Id 'DockerCommandNotAllowed' -Category PermissionDenied `
            -Target $ArgumentList[0] -Message "docker $($ArgumentList[0]) is not one of: $($allowed -join ', ')."))
    }
    try {
        Invoke-HnskitProgram -Name docker -Kind Docker -ArgumentList $ArgumentList -TimeoutSeconds $TimeoutSeconds
    } catch {
        $PSCmdlet.ThrowTerminatingError($_)
    }
}

function Get-HnskitContainer {
    # docker inspect of every container (running or not): JSON arrays as text, one for each 250 containers, since a
    # command line of Windows has at most 32767 characters; '[]' when there is none.
    [CmdletBinding()] param()
    $list = Invoke-HnskitDocker -ArgumentList 'ps', '--all', '--quiet', '--no-trunc'
    if ($list.ExitCode -ne 0) { return $list }
    $ids = @($list.StdOut -split '\s+' | Where-Object { $_ })
    if ($ids.Count -eq 0) { return [pscustomobject] @{ ExitCode = 0; StdOut = '[]'; StdErr = '' } }
    for ($first = 0; $first -lt $ids.Count; $first += 250) {
        $last = [System.Math]::Min($first + 250, $ids.Count) - 1
        Invoke-HnskitDocker -ArgumentList (@('inspect', '--type', 'container') + $ids[$first..$last])
    }
}

function Find-HnskitTool {
    # The path of one of containerd's tools: on PATH, or where installers put it (containerd fact 49; AKS; RKE2); '' where
    # it is not.
    param([Parameter(Mandatory)] [string] $Name)
    $folders = @($env:PATH -split [System.IO.Path]::PathSeparator | Where-Object { $_ }) + "$env:ProgramFiles\containerd",
        "$env:ProgramFiles\containerd\bin", "$env:ProgramFiles\nerdctl", "$env:SystemDrive\k",
        "$env:SystemDrive\var\lib\rancher\rke2\bin"
    foreach ($folder in $folders) {
        foreach ($file in "$Name.exe", $Name) {
            $path = [System.IO.Path]::Combine($folder, $file)
            if ([System.IO.File]::Exists($path)) { return $path }
        }
    }
    ''
}

function Get-HnskitToolSyntax {
    # The subcommands of containerd's tools that are called here.
    param([Parameter(Mandatory)] [string] $Tool)
    switch ($Tool) {
        'crictl' { 'exec', 'images', 'inspect', 'inspectp', 'logs', 'pods', 'ps', 'version' }
        'ctr' { 'containers', 'images', 'namespaces', 'run', 'snapshots', 'tasks', 'version' }
        'nerdctl' { 'exec', 'inspect', 'ps', 'rm', 'run', 'start', 'stop', 'version' }
    }
}

function Invoke-HnskitContainerTool {
    # crictl.exe, ctr.exe or nerdctl.exe with these arguments, of which the first is the subcommand; Namespace is
    # containerd's. It is looked for on PATH, then where installers put it (containerd's defaults, AKS).
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [ValidateSet('crictl', 'ctr', 'nerdctl')] [string] $Tool,
        [Parameter(Mandatory)] [string[]] $ArgumentList,
        [AllowEmptyString()] [string] $Namespace = '',
        [ValidateRange(1, 86400)] [int] $TimeoutSeconds = 600
    )
    $Tool = $Tool.ToLowerInvariant()
    $allowed = @(Get-HnskitToolSyntax -Tool $Tool)
    if ($ArgumentList[0] -cnotin $allowed) {
        $PSCmdlet.ThrowTerminatingError((New-HnskitError -Id 'ToolCommandNotAllowed' -Category PermissionDenied `
            -Target $ArgumentList[0] -Message "$Tool $($ArgumentList[0]) is not one of: $($allowed -join ', ')."))
    }
    $words = if ($Namespace) { @('--namespace', $Namespace) + $ArgumentList } else { $ArgumentList }
    $path = Find-HnskitTool -Name $Tool
    if (-not $path) {
        $PSCmdlet.ThrowTerminatingError((New-HnskitError -Id 'ToolMissing' -Category ObjectNotFound -Target $Tool `
            -Message "$Tool.exe was not found on PATH."))
    }
    try {
        Invoke-HnskitProgram -Name $Tool -Path $path -Kind Tool -ArgumentList $words -TimeoutSeconds $TimeoutSeconds
    } catch {
        $PSCmdlet.ThrowTerminatingError($_)
    }
}

function Get-HnskitContainerd {
    # What containerd's tools list, each run as it ended: {Tool, Namespace, List, ExitCode, StdOut, StdErr}. crictl tells
    # of pods; ctr of every other container, and of pods where there is no crictl. Nothing where neither is.
    [CmdletBinding()] param()
    function Read-Tool([string] $Tool, [string] $List, [string[]] $Words, [string] $Namespace = '') {
        if (-not (Find-HnskitTool -Name $Tool)) { return }
        $ran = Invoke-HnskitContainerTool -Tool $Tool -ArgumentList $Words -Namespace $Namespace -TimeoutSeconds 120
        [pscustomobject] @{
            Tool = $Tool; Namespace = $Namespace; List = $List
            ExitCode = $ran.ExitCode; StdOut = $ran.StdOut; StdErr = $ran.StdErr
        }
    }
    $crictl = Read-Tool crictl version 'version'
    # One that does not understand this containerd (an old one has no CRI v1) leaves the pods to ctr.
    $understood = $crictl -and -not $crictl.ExitCode
    if ($crictl) { $crictl }
    if ($understood) {
        Read-Tool crictl pods 'pods', '--output', 'json'
        Read-Tool crictl containers 'ps', '--all', '--output', 'json'
        Read-Tool crictl images 'images', '--output', 'json'
    }
    if (Find-HnskitTool -Name nerdctl) {
        # Its containers are ctr's, too: that it is there is all that is asked.
        [pscustomobject] @{
            Tool = 'nerdctl'; Namespace = ''; List = 'found'; ExitCode = 0; StdOut = ''; StdErr = ''
        }
    }
    $spaces = Read-Tool ctr namespaces 'namespaces', 'list', '--quiet'
    if (-not $spaces) { return }
    $spaces
    foreach ($space in @($spaces.StdOut -split '\s+' | Where-Object { $_ -and $_ -cne 'moby' })) {
        if ($understood -and $space -ceq 'k8s.io') { continue }
        $list = Read-Tool ctr containers 'containers', 'list', '--quiet' $space
        $list
        Read-Tool ctr tasks 'tasks', 'list' $space
        Read-Tool ctr images 'images', 'list', '--quiet' $space
        foreach ($id in @($list.StdOut -split '\s+' | Where-Object { $_ })) {
            Read-Tool ctr info 'containers', 'info', $id $space
        }
    }
}
