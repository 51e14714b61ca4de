# Many calls in one pipeline, and their answers as JSON. A part of hnskit.psm1.

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
        $detached = $Request.command -ceq 'Invoke-HnskitHns' -and $Request.PSObject.Properties['detached']
        $answer.output = @(if ($detached) { Invoke-HnskitDetached @parameters } else { & $Request.command @parameters })
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

function ConvertTo-HnskitRecord {
    # The record of these answers: their lines, or, of many, 'gzip COUNT BASE64'. Each 500 KB are a round trip, and JSON of
    # HNS is a tenth as long compressed. Where .NET's streams are refused (ConstrainedLanguage) it goes as it is.
    param([Parameter(Mandatory)] [string[]] $Line, [bool] $Compress)
    $text = $Line -join "`n"
    if (-not $Compress -or $text.Length -lt 16KB -or $text.Length -gt 16MB) { return $text }
    try {
        $memory = New-Object System.IO.MemoryStream
        $stream = New-Object System.IO.Compression.GZipStream $memory, ([System.IO.Compression.CompressionMode]::Compress)
        $content = [System.Text.Encoding]::UTF8.GetBytes($text)
        $stream.Write($content, 0, $content.Length)
        $stream.Dispose()
        "gzip $($Line.Count) $([System.Convert]::ToBase64String($memory.ToArray()))"
    } catch {
        $text
    }
}

function Invoke-HnskitCall {
    # Many calls in one pipeline. Each is JSON: {"id", "command", "parameters", "reads"}; each answers with one line of
    # JSON: {"id", "ok", "ms", "output": [...]} or {"id", "ok", "ms", "error": {...}}. A call that is "detached" as well is
    # made in a process of its own; where the last of a record has "gzip", a long one is compressed. A call that fails
    # does not keep the others from being made.
    #
    # A record put out is a round trip for who is far away. So the answers of calls that only read ("reads": true) wait
    # for each other, and go out as the lines of one record: after a second, before a call that is not such
    # a one, at the end. The answer of any other call goes out before the next begins: if the connection is lost then,
    # or the shell, it is known what was changed.
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string[]] $Call)
    $commands = 'Invoke-HnskitHns', 'Invoke-HnskitHcn', 'Invoke-HnskitDocker', 'Get-HnskitContainer', 'Get-HnskitSystem',
        'Get-HnskitAdapter', 'Get-HnskitInterface', 'Get-HnskitAddress', 'Get-HnskitRoute', 'Get-HnskitCompartment',
        'Set-HnskitForwarding', 'Test-HnskitPath', 'Get-HnskitContainerd', 'Invoke-HnskitContainerTool'
    $lines = @()
    $gzip = $false
    $quiet = [System.Diagnostics.Stopwatch]::StartNew()
    foreach ($text in $Call) {
        $request = ConvertFrom-Json -InputObject $text
        $null = $request.id  # a call without one is refused here, before anything is done
        $reads = $request.PSObject.Properties['reads'] -and $request.reads -is [bool] -and $request.reads
        if ($lines -and -not $reads) { ConvertTo-HnskitRecord -Line $lines -Compress $gzip; $lines = @() }
        $gzip = [bool] $request.PSObject.Properties['gzip']
        $lines += ConvertTo-HnskitAnswer -Request $request -Allowed $commands
        if (-not $reads -or $quiet.ElapsedMilliseconds -ge 1000) {
            ConvertTo-HnskitRecord -Line $lines -Compress $gzip
            $lines = @()
            $quiet.Restart()
        }
    }
    if ($lines) { ConvertTo-HnskitRecord -Line $lines -Compress $gzip }
}
