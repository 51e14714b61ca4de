# The original's steps with the names of params/emulator.yaml, as somebody types them who has never heard of hnskit:
# the endpoints have the name that HNS gives. The second client's policy has the page's misspelling where asked for.
param([string] $Module, [bool] $Misspelt)

$ErrorActionPreference = 'Stop'
$null = mkdir C:\k -Force
Set-Content C:\k\hns.psm1 -Value $Module
ipmo C:\k\hns.psm1 -DisableNameChecking

$network = New-HnsNetwork -Name hnskit-l2bridge -Type L2Bridge -AddressPrefix 10.0.1.0/24 -Gateway 10.0.1.1
$gateway = New-HnsEndpoint -NetworkId $network.ID -Name cbr0 -IPAddress 10.0.1.2 -Gateway "0.0.0.0"
Attach-HnsHostEndpoint -EndpointID $gateway.ID -CompartmentID 1
netsh int ipv4 set int "vEthernet (cbr0)" for=en | Out-Null
docker import C:\images\metadata-proxy.tar.gz metadata-proxy:1.0 | Out-Null

function Add-Endpoint([string] $Name) {
    $id = docker ps -aqf "name=$Name"
    $place = (Get-NetCompartment | ? { $_.CompartmentDescription -like "\Container_$id*" }).CompartmentId
    $made = New-HnsEndpoint -NetworkId $network.ID -EnableOutboundNat -Gateway "10.0.1.2" -DNSServerList "168.63.129.16"
    Attach-HnsHostEndpoint -EndpointID $made.ID -CompartmentID $place
    $made
}

docker run -d --network none --name hnskit-proxy metadata-proxy:1.0 metadata-proxy.exe | Out-Null
$proxy = Add-Endpoint hnskit-proxy
docker exec --user ContainerAdministrator hnskit-proxy route add 169.254.169.254 mask 255.255.255.255 10.0.1.2 | Out-Null

foreach ($name in 'hnskit-client1', 'hnskit-client2') {
    docker run -d --network none --name $name mcr.microsoft.com/windows/nanoserver:1809 ping.exe -t localhost | Out-Null
    $client = Add-Endpoint $name
    $nat = if ($Misspelt -and $name -eq 'hnskit-client2') { @{ OutbountNat = $true } } else { @{ OutboundNat = $true } }
    New-HnsProxyPolicy -Destination "$($proxy.IPAddress):80" -DestinationPrefix 169.254.169.254 -DestinationPort 80 -Endpoints $client.ID @nat | Out-Null
}
