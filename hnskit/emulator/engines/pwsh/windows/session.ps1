# Runs first in each runspace of a shell on the emulated host.
Import-Module -Name EmulatedHost, NetAdapter, NetTCPIP -Global -DisableNameChecking
