# Runs after session.ps1 in each runspace of a restricted shell: what a JEA endpoint for hnskit leaves (docs/jea.md).
# hnskit's functions come from its module and run in the full language; nothing else is to be seen from outside.
Import-Module -Name Microsoft.PowerShell.Utility, CimCmdlets, $env:HNSKIT_MODULE -Global -DisableNameChecking
$PSModuleAutoLoadingPreference = 'None'
$visible = @(Get-Module -Name hnskit).ExportedFunctions.Keys
foreach ($command in $ExecutionContext.InvokeCommand.GetCommands('*', 'Alias, Function, Filter, Cmdlet', $true)) {
    if ($command.Name -notin $visible) { $command.Visibility = 'Private' }
}
$ExecutionContext.SessionState.Applications.Clear()
$ExecutionContext.SessionState.Scripts.Clear()
Remove-Variable -Name visible, command
$ExecutionContext.SessionState.LanguageMode = 'NoLanguage'
