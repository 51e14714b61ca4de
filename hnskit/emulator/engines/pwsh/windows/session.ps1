# Runs first in each runspace of a shell on the emulated host.
Import-Module -Name EmulatedHost, CimCmdlets, NetAdapter, NetTCPIP -Global -DisableNameChecking
