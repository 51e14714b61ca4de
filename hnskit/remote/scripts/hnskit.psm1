# The whole of what hnskit runs on a Windows host. Windows PowerShell 5.1, nothing to install.
#
# The text is sent once into each runspace (or imported by a JEA session configuration). Python then names
# a function and binds its parameters: no script is ever built from a value. Each function emits plain
# objects and throws error records whose FullyQualifiedErrorId starts with "Hnskit."; what can be decided
# in Python is decided there.
#
# Needs: NetTCPIP and NetAdapter (in the box), vmcompute.dll (the Containers feature), docker.exe on PATH or containerd's
# tools (crictl.exe, ctr.exe); for v2 policies and namespaces computenetwork.dll (the same feature, from Windows Server
# 2019 on).

#requires -Version 5.1

Set-StrictMode -Version Latest
# Of this text and its functions alone: commands of other modules do not see a module's preference, so that
# each of those is called with -ErrorAction Stop besides.
$ErrorActionPreference = 'Stop'

function New-HnskitError {
    # An error record with an id that Python can match: texts are localised (HNS fact 90), ids are not.
    param(
        [Parameter(Mandatory)] [string] $Id,
        [Parameter(Mandatory)] [string] $Message,
        [Parameter(Mandatory)] [System.Management.Automation.ErrorCategory] $Category,
        [string] $Target = ''
    )
    New-Object System.Management.Automation.ErrorRecord (
        (New-Object System.InvalidOperationException $Message), "Hnskit.$Id", $Category, $Target)
}

function ConvertTo-HnskitJson {
    # The value of a property as JSON; null where there is no such property. ConvertTo-Json of 5.1 has no text for null.
    param($Property)
    if (-not $Property -or $null -eq $Property.Value) { return 'null' }
    ConvertTo-Json -InputObject $Property.Value -Depth 20 -Compress
}

function Assert-HnskitGuard {
    # Stop if HNS no longer has what the caller saw. Guard is JSON: {"path", "is": {member: value, ...}} for one
    # object, where null stands for a member that is not there; {"path", "none": {member: value, ...}} for a list in
    # which no object may have these members, in whatever letter case: HNS prints one id in upper case here and in lower
    # case there (HNS fact 62). A list that HNS does not show proves nothing.
    param([Parameter(Mandatory)] [string] $Guard)
    $wanted = ConvertFrom-Json -InputObject $Guard
    $response = (Invoke-HnskitHns -Method GET -Path $wanted.path).Response
    $one = [bool] $wanted.PSObject.Properties['is']
    $rule = if ($one) { $wanted.is } else { $wanted.none }
    $answer = if ($response) { ConvertFrom-Json -InputObject $response } else { New-Object PSObject }
    $shown = $answer.PSObject.Properties['Success'] -and $answer.Success -is [bool] -and $answer.Success
    if (-not $shown -and -not $one) {
        throw (New-HnskitError -Id 'HnsUnread' -Category ReadError -Target $wanted.path `
            -Message "HNS does not show $($wanted.path), so that nothing was sent.")
    }
    $seen = if ($shown -and $answer.PSObject.Properties['Output']) { @($answer.Output) } else { @() }
    $same = @(foreach ($object in $seen) {
        $differs = @(foreach ($property in $rule.PSObject.Properties) {
            $now = ConvertTo-HnskitJson -Property $object.PSObject.Properties[$property.Name]
            $then = ConvertTo-HnskitJson -Property $property
            if ($(if ($one) { $now -cne $then } else { $now -ine $then })) { $property.Name }
        })
        if ($differs.Count -eq 0) { $object }
    })
    if ($one -ne [bool] $same.Count) {
        throw (New-HnskitError -Id 'Changed' -Category ResourceExists -Target $wanted.path `
            -Message "Somebody else has changed $($wanted.path) since it was read.")
    }
}

function Get-HnskitSignature {
    # The functions of a library that are called here, each with the kinds of its parameters; all give an HRESULT.
    # vmcompute.dll is v1 (HNS facts 1-5), computenetwork.dll is HCN, v2 (HNS fact 56).
    param([Parameter(Mandatory)] [string] $Library)
    switch ($Library) {
        'vmcompute.dll' { @{ HNSCall = 'text', 'text', 'text', 'out text' } }
        'computenetwork.dll' {
            @{
                HcnOpenEndpoint = 'guid', 'out handle', 'out text'
                HcnModifyEndpoint = 'handle', 'text', 'out text'
                HcnQueryEndpointProperties = 'handle', 'text', 'out text', 'out text'
                HcnCloseEndpoint = @('handle')
                HcnOpenNetwork = 'guid', 'out handle', 'out text'
                HcnModifyNetwork = 'handle', 'text', 'out text'
                HcnQueryNetworkProperties = 'handle', 'text', 'out text', 'out text'
                HcnCloseNetwork = @('handle')
                HcnOpenNamespace = 'guid', 'out handle', 'out text'
                HcnModifyNamespace = 'handle', 'text', 'out text'
                HcnCloseNamespace = @('handle')
            }
        }
    }
}

$script:HnskitNative = @{}

function New-HnskitNativeType {
    # A type with the library's functions as static methods, made in memory: no compiler runs, and no file is written.
    param([Parameter(Mandatory)] [string] $Name, [Parameter(Mandatory)] [string] $Library)
    $kinds = @{
        'text' = [string]; 'handle' = [System.IntPtr]; 'guid' = [System.Guid].MakeByRefType()
        'out text' = [string].MakeByRefType(); 'out handle' = [System.IntPtr].MakeByRefType()
    }
    $assembly = [System.Reflection.Emit.AssemblyBuilder]::DefineDynamicAssembly(
        (New-Object System.Reflection.AssemblyName $Name), [System.Reflection.Emit.AssemblyBuilderAccess]::Run)
    $builder = $assembly.DefineDynamicModule($Name).DefineType($Name, [System.Reflection.TypeAttributes] 'Public, Class')
    foreach ($function in (Get-HnskitSignature -Library $Library).GetEnumerator()) {
        $parameters = @($function.Value)
        $method = $builder.DefinePInvokeMethod($function.Key, $Library,
            [System.Reflection.MethodAttributes] 'Public, Static, PinvokeImpl',
            [System.Reflection.CallingConventions]::Standard, [int], [type[]] @($parameters | ForEach-Object { $kinds[$_] }),
            [System.Runtime.InteropServices.CallingConvention]::Winapi, [System.Runtime.InteropServices.CharSet]::Unicode)
        $method.SetImplementationFlags(
            $method.GetMethodImplementationFlags() -bor [System.Reflection.MethodImplAttributes]::PreserveSig)
        for ($at = 0; $at -lt $parameters.Count; $at++) {
            if ($parameters[$at] -like 'out *') {
                $null = $method.DefineParameter($at + 1, [System.Reflection.ParameterAttributes]::Out, "p$at")
            }
        }
    }
    $builder.CreateType()
}

function New-HnskitCompiledType {
    # The same by Add-Type, which on 5.1 runs csc.exe and writes into %TEMP%.
    param([Parameter(Mandatory)] [string] $Name, [Parameter(Mandatory)] [string] $Library)
    $kinds = @{
        'text' = '[MarshalAs(UnmanagedType.LPWStr)] string'; 'out text' = '[MarshalAs(UnmanagedType.LPWStr)] out string'
        'handle' = 'System.IntPtr'; 'out handle' = 'out System.IntPtr'; 'guid' = 'ref System.Guid'
    }
    $methods = foreach ($function in (Get-HnskitSignature -Library $Library).GetEnumerator()) {
        $parameters = @($function.Value)
        $declared = for ($at = 0; $at -lt $parameters.Count; $at++) { "$($kinds[$parameters[$at]]) p$at" }
        "[DllImport(`"$Library`", ExactSpelling = true)]"
        "public static extern int $($function.Key)($($declared -join ', '));"
    }
    Add-Type -Namespace Hnskit -Name $Name -MemberDefinition ($methods -join "`n") -PassThru
}

function Get-HnskitNative {
    # The type that has a library's functions; made once in a session.
    param([Parameter(Mandatory)] [ValidateSet('vmcompute.dll', 'computenetwork.dll')] [string] $Library)
    if (-not $script:HnskitNative.ContainsKey($Library)) {
        $name = $Library -replace '\W', ''
        $script:HnskitNative[$Library] = try {
            New-HnskitNativeType -Name $name -Library $Library
        } catch {
            New-HnskitCompiledType -Name $name -Library $Library
        }
    }
    $script:HnskitNative[$Library]
}

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
    # One endpoint, network or namespace of HCN: opened, asked or changed, closed. Settings is a query's or a request's JSON; the
    # answer has the HRESULT, the properties that a query gave, and the error record, both JSON text (HNS facts 51, 57).
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

function Get-HnskitSystem {
    # Which Windows this is, and who asks.
    [CmdletBinding()] param()
    $windows = Get-ItemProperty -Path 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion' -ErrorAction Stop
    $identity = [System.Security.Principal.WindowsIdentity]::GetCurrent()
    $principal = New-Object System.Security.Principal.WindowsPrincipal $identity
    [pscustomobject] @{
        ComputerName = [string] $env:COMPUTERNAME
        ProductName = [string] $windows.ProductName
        Build = [int] $windows.CurrentBuildNumber
        Revision = [int] $windows.UBR
        PSVersion = $PSVersionTable.PSVersion.ToString()
        Culture = [System.Globalization.CultureInfo]::InstalledUICulture.Name
        Administrator = $principal.IsInRole([System.Security.Principal.WindowsBuiltInRole]::Administrator)
        UtcNow = [System.DateTime]::UtcNow.ToString('o', [System.Globalization.CultureInfo]::InvariantCulture)
    }
}

function Get-HnskitAdapter {
    # The adapters that the host sees, container vNICs among them (HNS fact 82).
    [CmdletBinding()] param()
    foreach ($adapter in Get-NetAdapter -ErrorAction Stop) {
        [pscustomobject] @{
            Name = [string] $adapter.Name
            Description = [string] $adapter.InterfaceDescription
            Index = [int] $adapter.ifIndex
            Status = [string] $adapter.Status
            MacAddress = [string] $adapter.MacAddress
            Physical = [bool] $adapter.HardwareInterface
            Medium = [int] $adapter.NdisPhysicalMedium
        }
    }
}

function Get-HnskitInterface {
    # IPv4 interfaces of every compartment, with their forwarding (HNS facts 71, 82).
    [CmdletBinding()] param()
    foreach ($interface in Get-NetIPInterface -AddressFamily IPv4 -IncludeAllCompartments -ErrorAction Stop) {
        [pscustomobject] @{
            Index = [int] $interface.ifIndex
            Alias = [string] $interface.InterfaceAlias
            CompartmentId = [int] $interface.CompartmentId
            Forwarding = [string] $interface.Forwarding
            Mtu = [long] $interface.NlMtu
            Dhcp = [string] $interface.Dhcp
            ConnectionState = [string] $interface.ConnectionState
        }
    }
}

function Get-HnskitAddress {
    # The host's own IPv4 addresses. Those of containers are not visible here (HNS fact 82).
    [CmdletBinding()] param()
    foreach ($address in Get-NetIPAddress -AddressFamily IPv4 -ErrorAction Stop) {
        [pscustomobject] @{
            Index = [int] $address.InterfaceIndex
            Alias = [string] $address.InterfaceAlias
            IPAddress = [string] $address.IPAddress
            PrefixLength = [int] $address.PrefixLength
            Origin = [string] $address.PrefixOrigin
            State = [string] $address.AddressState
        }
    }
}

function Get-HnskitRoute {
    # Active IPv4 routes of every compartment.
    [CmdletBinding()] param()
    foreach ($route in Get-NetRoute -AddressFamily IPv4 -IncludeAllCompartments -ErrorAction Stop) {
        [pscustomobject] @{
            DestinationPrefix = [string] $route.DestinationPrefix
            NextHop = [string] $route.NextHop
            Index = [int] $route.ifIndex
            Metric = [int] $route.RouteMetric
            CompartmentId = [int] $route.CompartmentId
        }
    }
}

function Get-HnskitCompartment {
    # Network compartments: 1 is the host, '\Container_<id>' a container's (HNS fact 79).
    [CmdletBinding()] param()
    foreach ($compartment in Get-NetCompartment -ErrorAction Stop) {
        [pscustomobject] @{
            Id = [int] $compartment.CompartmentId
            Description = [string] $compartment.CompartmentDescription
            Guid = [string] $compartment.CompartmentGuid
        }
    }
}

function Set-HnskitForwarding {
    # IPv4 forwarding of one interface of the host (HNS fact 71).
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [ValidateRange(1, 2147483647)] [int] $InterfaceIndex,
        [Parameter(Mandatory)] [ValidateSet('Enabled', 'Disabled')] [string] $State
    )
    Set-NetIPInterface -InterfaceIndex $InterfaceIndex -AddressFamily IPv4 -Forwarding $State -ErrorAction Stop
    [pscustomobject] @{ InterfaceIndex = $InterfaceIndex; Forwarding = $State }
}

function Test-HnskitPath {
    # Whether there is a file or a folder of this path on the host.
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Path)
    [pscustomobject] @{ Path = $Path; Exists = [bool] (Test-Path -LiteralPath $Path -ErrorAction Stop) }
}

function ConvertTo-HnskitAnswer {
    # The answer to one call: what its command put out, or its error; as `Invoke-HnskitCall` sends it, in one line.
    param([Parameter(Mandatory)] $Request, [Parameter(Mandatory)] [string[]] $Allowed)
    $answer = [ordered] @{ id = [string] $Request.id; ok = $true; ms = 0 }
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    try {
        if ($Request.command -cnotin $Allowed) {
            throw (New-HnskitError -Id 'UnknownCommand' -Category ObjectNotFound -Target ([string] $Request.command) `
                -Message "$($Request.command) is not a command of hnskit.")
        }
        $parameters = @{}
        foreach ($property in $Request.parameters.PSObject.Properties) { $parameters[$property.Name] = $property.Value }
        $answer.output = @(& $Request.command @parameters)
    } catch {
        $answer.ok = $false
        $answer.error = [ordered] @{
            id = [string] $_.FullyQualifiedErrorId
            category = [string] $_.CategoryInfo.Category
            target = [string] $_.TargetObject
            message = [string] $_.Exception.Message
        }
    }
    $answer.ms = [int] $watch.ElapsedMilliseconds
    # A text of Windows may hold what no XML can carry, a lone surrogate or U+FFFE: one such name would make the whole
    # host unreadable. JSON has an escape for them, which reads back the same.
    $json = ConvertTo-Json -InputObject ([pscustomobject] $answer) -Depth 6 -Compress
    $uncarried = '[\uD800-\uDFFF\uFFFE\uFFFF]'
    # A script block for .NET costs more than all else here, and hardly any answer needs it.
    if ($json -cnotmatch $uncarried) { return $json }
    [regex]::Replace($json, $uncarried, { param($m) '\u{0:x4}' -f [int] $m.Value[0] })
}

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

function Invoke-HnskitCall {
    # Many calls in one pipeline. Each is JSON: {"id", "command", "parameters", "reads"}; each answers with one line of
    # JSON: {"id", "ok", "ms", "output": [...]} or {"id", "ok", "ms", "error": {...}}. A call that is "detached" as well is
    # made in a process of its own. A call that fails does not keep
    # the others from being made.
    #
    # A record put out is a round trip for who is far away. So the answers of calls that only read ("reads": true) wait
    # for each other, and go out as the lines of one record: after a second, before a call that is not such
    # a one, at the end. The answer of any other call goes out before the next begins: if the connection is lost then,
    # or the shell, it is known what was changed.
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string[]] $Call)
    $commands = 'Invoke-HnskitHns', 'Invoke-HnskitHcn', 'Invoke-HnskitDocker', 'Get-HnskitContainer', 'Get-HnskitSystem',
        'Get-HnskitAdapter', 'Get-HnskitInterface', 'Get-HnskitAddress', 'Get-HnskitRoute', 'Get-HnskitCompartment', 'Set-HnskitForwarding',
        'Test-HnskitPath', 'Get-HnskitContainerd', 'Invoke-HnskitContainerTool'
    $lines = @()
    $quiet = [System.Diagnostics.Stopwatch]::StartNew()
    foreach ($text in $Call) {
        $request = ConvertFrom-Json -InputObject $text
        $null = $request.id  # a call without one is refused here, before anything is done
        $reads = $request.PSObject.Properties['reads'] -and $request.reads -is [bool] -and $request.reads
        if ($lines -and -not $reads) { $lines -join "`n"; $lines = @() }
        $answer = if ($request.PSObject.Properties['detached']) { Invoke-HnskitDetached -Text $text }
        $lines += if ($answer) { $answer } else { ConvertTo-HnskitAnswer -Request $request -Allowed $commands }
        if (-not $reads -or $quiet.ElapsedMilliseconds -ge 1000) {
            $lines -join "`n"
            $lines = @()
            $quiet.Restart()
        }
    }
    if ($lines) { $lines -join "`n" }
}
