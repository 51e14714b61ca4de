# What of Windows itself hnskit's commands use and this platform has not: a registry key, who asks, the language.
# All of it is asked of the emulated host, over the socket that native/host.h describes.

Set-StrictMode -Version 3

# The types that these names stand for in this session (see the end of the file).
class EmulatedIdentity {
    [string] $Name
    [string] $AuthenticationType = 'NTLM'
    [bool] $IsAuthenticated = $true
    hidden EmulatedIdentity() { $this.Name = "$env:COMPUTERNAME\$env:USERNAME" }
    static [EmulatedIdentity] GetCurrent() { return [EmulatedIdentity]::new() }
}

class EmulatedPrincipal {
    [EmulatedIdentity] $Identity
    EmulatedPrincipal([EmulatedIdentity] $identity) { $this.Identity = $identity }
    # Who can open a shell on an emulated host is its administrator.
    [bool] IsInRole([System.Security.Principal.WindowsBuiltInRole] $role) {
        return $role -in 'Administrator', 'User'
    }
}

# (By its short name: a long one that was looked up once keeps its meaning.)
class EmulatedCulture {
    static [cultureinfo] $InstalledUICulture = [cultureinfo]::new('en-US')
    static [cultureinfo] $CurrentUICulture = [cultureinfo]::new('en-US')
    static [cultureinfo] $CurrentCulture = [cultureinfo]::new('en-US')
    static [cultureinfo] $InvariantCulture = [cultureinfo]::InvariantCulture
    static [cultureinfo] GetCultureInfo([string] $name) {
        return [cultureinfo]::GetCultureInfo($name)
    }
}

function Write-Text([System.Net.Sockets.Socket] $Connection, [string] $Text) {
    $bytes = [System.Text.Encoding]::Unicode.GetBytes($Text)
    $null = $Connection.Send([System.BitConverter]::GetBytes([uint32] $bytes.Length))
    # Who sends nothing after the last length would find that it was answered already.
    if ($bytes.Length) { $null = $Connection.Send($bytes) }
}

function Read-Byte([System.Net.Sockets.Socket] $Connection, [int] $Count) {
    $bytes = [byte[]]::new($Count)
    for ($at = 0; $at -lt $Count; $at += $got) {
        $got = $Connection.Receive($bytes, $at, $Count - $at, [System.Net.Sockets.SocketFlags]::None)
        if ($got -le 0) { throw [System.IO.IOException] 'The emulated host broke off its answer.' }
    }
    , $bytes
}

function Send-Question {
    # The three texts of a question, and the answer's text.
    param([Parameter(Mandatory)] [AllowEmptyString()] [string[]] $Text)
    $connection = [System.Net.Sockets.Socket]::new('Unix', 'Stream', 'Unspecified')
    try {
        $connection.Connect([System.Net.Sockets.UnixDomainSocketEndPoint]::new($env:VMCOMPUTE_SOCKET))
        foreach ($one in $Text) { Write-Text $connection $one }
        $head = Read-Byte $connection 8
        $answer = Read-Byte $connection ([System.BitConverter]::ToUInt32($head, 4))
    } finally {
        $connection.Dispose()
    }
    [System.Text.Encoding]::Unicode.GetString($answer)
}

function Invoke-EmulatedHost {
    # One question; the answer's JSON as objects.
    param([Parameter(Mandatory)] [string] $Subject, [System.Collections.IDictionary] $Request = @{})
    ConvertFrom-Json -InputObject (Send-Question 'windows', $Subject, (ConvertTo-Json -InputObject $Request -Compress))
}

function Invoke-EmulatedHns {
    # One call of HNS; its whole answer as an object.
    param([Parameter(Mandatory)] [string] $Method, [Parameter(Mandatory)] [string] $Path)
    ConvertFrom-Json -InputObject (Send-Question $Method, $Path, '')
}

$script:types = @{
    InterfaceIndex = [uint32]; ifIndex = [uint32]; CompartmentId = [uint32]; NlMtu = [uint32]
    NdisPhysicalMedium = [uint32]; RouteMetric = [uint16]; PrefixLength = [byte]
}

function Get-EmulatedInstance {
    # Instances of a class that pass the caller's bound parameters. One that names a thing (-Report) and finds none is
    # an error that does not end the caller, with the id that cmdlets over CIM give it.
    param(
        [Parameter(Mandatory)] [string] $Class,
        [Parameter(Mandatory)] [System.Management.Automation.PSCmdlet] $Caller,
        [string[]] $Report = @(),
        # Only instances of the host's own compartment.
        [switch] $OwnCompartment
    )
    $bound = $Caller.MyInvocation.BoundParameters
    $found = @(foreach ($row in Invoke-EmulatedHost -Subject $Class) {
        $made = [ordered] @{ PSTypeName = "Microsoft.Management.Infrastructure.CimInstance#ROOT/StandardCimv2/$Class" }
        foreach ($property in $row.PSObject.Properties) {
            $made[$property.Name] = if ($script:types.Contains($property.Name)) {
                $property.Value -as $script:types[$property.Name]
            } else { $property.Value }
        }
        if (-not $OwnCompartment -or $made.CompartmentId -eq 1) { [pscustomobject] $made }
    })
    foreach ($name in $bound.Keys) {
        if ($name -notin $Report -and ($found.Count -eq 0 -or $name -notin $found[0].PSObject.Properties.Name)) { continue }
        $before = $found
        $found = @(foreach ($one in $before) {
            # No Where-Object: a pipeline for each row is what would cost most here.
            foreach ($wanted in $bound[$name]) {
                if ($one.$name -like $wanted) {
                    $one
                    break
                }
            }
        })
        if ($name -notin $Report) { continue }
        foreach ($wanted in $bound[$name]) {
            if (@($before | Where-Object { $_.$name -like $wanted }).Count -or "$wanted" -match '[*?\[]') { continue }
            $text = "No $Class objects found with property '$name' equal to '$wanted'.  Verify the value of the property and retry."
            $Caller.WriteError([System.Management.Automation.ErrorRecord]::new(
                [System.InvalidOperationException] $text, "CmdletizationQuery_NotFound_$name", 'ObjectNotFound', $wanted))
        }
    }
    $found
}

function Get-ItemProperty {
    # Of the registry, the key that names the Windows; of everything else it says that it is not here.
    [CmdletBinding(DefaultParameterSetName = 'Path')]
    param(
        [Parameter(Mandatory, Position = 0, ParameterSetName = 'Path', ValueFromPipeline)] [string[]] $Path,
        [Parameter(Mandatory, ParameterSetName = 'LiteralPath')] [Alias('PSPath')] [string[]] $LiteralPath,
        [Parameter(Position = 1)] [string[]] $Name
    )
    process {
        foreach ($one in $(if ($PSCmdlet.ParameterSetName -eq 'Path') { $Path } else { $LiteralPath })) {
            $key = Invoke-EmulatedHost -Subject 'Registry' -Request @{ Path = $one }
            if ($null -eq $key) {
                $PSCmdlet.WriteError([System.Management.Automation.ErrorRecord]::new(
                    [System.Management.Automation.ItemNotFoundException] "Cannot find path '$one' because it does not exist.",
                    'PathNotFound', 'ObjectNotFound', $one))
            } elseif ($Name) {
                Select-Object -InputObject $key -Property $Name
            } else {
                $key
            }
        }
    }
}

function Test-Path {
    # Of the emulated host's disk, which has files only; of what a script has put beside it, as the engine's own does.
    [CmdletBinding(DefaultParameterSetName = 'Path')]
    param(
        [Parameter(Mandatory, Position = 0, ParameterSetName = 'Path', ValueFromPipeline)] [string[]] $Path,
        [Parameter(Mandatory, ParameterSetName = 'LiteralPath')] [Alias('PSPath')] [string[]] $LiteralPath,
        [ValidateSet('Any', 'Container', 'Leaf')] [string] $PathType = 'Any'
    )
    process {
        $named = $PSCmdlet.ParameterSetName
        foreach ($one in $(if ($named -eq 'Path') { $Path } else { $LiteralPath })) {
            $there = $PathType -ne 'Container' -and (Invoke-EmulatedHost -Subject 'Path' -Request @{ Path = $one })
            # Of Windows' drives the session has C; a path that is longer than Windows takes by default is of no file.
            if (-not $there -and $one -notmatch '^[ABD-Zabd-z]:' -and $one.Length -lt 260) {
                $where = @{ $named = $one; PathType = $PathType }
                $there = Microsoft.PowerShell.Management\Test-Path @where
            }
            [bool] $there
        }
    }
}

$accelerators = [psobject].Assembly.GetType('System.Management.Automation.TypeAccelerators')
foreach ($pair in @(
    @('System.Security.Principal.WindowsIdentity', [EmulatedIdentity]),
    @('System.Security.Principal.WindowsPrincipal', [EmulatedPrincipal]),
    @('System.Globalization.CultureInfo', [EmulatedCulture])
)) {
    $null = $accelerators::Remove($pair[0])
    $accelerators::Add($pair[0], $pair[1])
}

Export-ModuleMember -Function Invoke-EmulatedHost, Invoke-EmulatedHns, Get-EmulatedInstance, Get-ItemProperty, Test-Path
