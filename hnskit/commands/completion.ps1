# Completion of hnskit in PowerShell: hnskit itself says what may follow, one a line: kind, value, help, with tabs between.
Register-ArgumentCompleter -Native -CommandName hnskit -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 | Where-Object {
            $_.Extent.EndOffset -lt $cursorPosition
        } | ForEach-Object {
            if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text }
        })
    $env:_HNSKIT_COMPLETE = 'powershell_complete'
    $env:_HNSKIT_WORDS = $words -join "`n"
    $env:_HNSKIT_INCOMPLETE = "$wordToComplete"
    try {
        foreach ($line in @(& hnskit)) {
            $kind, $value, $help = "$line" -split "`t", 3
            if ($kind -eq 'plain') {
                $text = $value
                if ($value -notmatch '^[\w./\\:=+-]+\z') { $text = "'" + $value.Replace("'", "''") + "'" }
                if (-not $help) { $help = $value }
                [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $help)
            } else {
                [System.Management.Automation.CompletionCompleters]::CompleteFilename("$wordToComplete")
            }
        }
    } finally {
        $env:_HNSKIT_COMPLETE = $env:_HNSKIT_WORDS = $env:_HNSKIT_INCOMPLETE = $null
    }
}
