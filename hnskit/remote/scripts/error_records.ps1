# Error records that Python can tell apart, and the guard of a change. A part of hnskit.psm1.

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
