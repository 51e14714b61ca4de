# What stands in a PowerShell script, as JSON: what cannot be parsed, syntax that came after 5.1, commands with their
# parameters, types, #requires. Run by tests/remote/test_scripts_51.py with a real engine: script-facts.ps1 FILE...
# One line of JSON for each file.
foreach ($path in $args) {
    $tokens = $errors = $null
    $tree = [System.Management.Automation.Language.Parser]::ParseFile($path, [ref] $tokens, [ref] $errors)
    $newer = @(
        # By name, so that an engine that has not the class says nothing.
        $kinds = 'TernaryExpressionAst', 'PipelineChainAst'
        foreach ($node in $tree.FindAll({ $true }, $true)) {
            $where = "line $($node.Extent.StartLineNumber): $($node.Extent.Text -replace '\s+', ' ')"
            if ($node.GetType().Name -in $kinds) { $where }
            if ($node.GetType().GetProperty('NullConditional') -and $node.NullConditional) { $where }
            if ($node.GetType().GetProperty('Background') -and $node.Background) { $where }
            if ($node.GetType().GetProperty('CleanBlock') -and $node.CleanBlock) { $where }
            if ($node.GetType().GetProperty('Operator') -and "$($node.Operator)" -like 'QuestionQuestion*') { $where }
        }
        foreach ($token in $tokens) {
            if ("$($token.Kind)" -like 'Question*' -or "$($token.Kind)" -in 'AndAnd', 'OrOr') { "line $($token.Extent.StartLineNumber): $($token.Text)" }
            # Binary numbers, and the suffixes y, s, u and n.
            if ("$($token.Kind)" -eq 'Number' -and $token.Text -match '^[+-]?0b|(?<!0x[0-9a-f]*)[ysun]|u[ysl]?$') {
                "line $($token.Extent.StartLineNumber): $($token.Text)"
            }
            if ($token.Text -match '`[eu]' -and "$($token.Kind)" -like '*Expandable') { "line $($token.Extent.StartLineNumber): $($token.Text)" }
        }
    )
    $commands = @(foreach ($command in $tree.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true)) {
        $name = $command.GetCommandName()
        if ($name) {
            $parameters = @(foreach ($element in $command.CommandElements) {
                if ($element -is [System.Management.Automation.Language.CommandParameterAst]) { $element.ParameterName }
            })
            [pscustomobject] @{ name = $name; line = $command.Extent.StartLineNumber; parameters = $parameters }
        }
    })
    $functions = @(foreach ($function in $tree.FindAll({ $args[0] -is [System.Management.Automation.Language.FunctionDefinitionAst] }, $true)) { $function.Name })
    $types = @(foreach ($type in $tree.FindAll({ $args[0].GetType().Name -in 'TypeExpressionAst', 'TypeConstraintAst', 'AttributeAst' }, $true)) { $type.TypeName.FullName })
    [pscustomobject] @{
        errors = @(foreach ($problem in $errors) { "line $($problem.Extent.StartLineNumber): $($problem.Message)" })
        newer = $newer
        commands = $commands
        functions = $functions
        types = @($types | Sort-Object | Select-Object -Unique)
        version = "$($tree.ScriptRequirements.RequiredPSVersion)"
    } | ConvertTo-Json -Depth 5 -Compress
}
