@{
    RootModule = 'hnskit.psm1'
    ModuleVersion = '0.1.0'
    GUID = 'a1b20fc3-ac33-4c75-b06b-ac0fd5cb0e49'
    Author = 'The hnskit authors'
    Copyright = 'MIT licence'
    Description = 'What hnskit runs on a Windows container host: HNS, Docker and the network, as functions with typed parameters.'
    PowerShellVersion = '5.1'
    FunctionsToExport = @(
        'Get-HnskitAdapter', 'Get-HnskitAddress', 'Get-HnskitCompartment', 'Get-HnskitContainer', 'Get-HnskitContainerd',
        'Get-HnskitInterface',
        'Get-HnskitRoute', 'Get-HnskitSystem', 'Invoke-HnskitCall', 'Invoke-HnskitContainerTool', 'Invoke-HnskitDocker',
        'Invoke-HnskitHcn', 'Invoke-HnskitHns', 'Set-HnskitForwarding', 'Test-HnskitPath',
        'Watch-HnskitEvent'
    )
    CmdletsToExport = @()
    VariablesToExport = @()
    AliasesToExport = @()
}
