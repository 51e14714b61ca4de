# The functions of vmcompute.dll and computenetwork.dll as methods of .NET. A part of hnskit.psm1.

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
