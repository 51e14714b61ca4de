# The original's steps, call for call, in the spelling of its page: aliases, letter case, abbreviations, slips.
# What is to be compared goes out as JSON with a name before it; the rest are a program's own lines.

function Show([string] $What, $Value) { "$What " + (ConvertTo-Json -InputObject $Value -Depth 20 -Compress) }

cd C:\k
# The page's first line has an alias that Windows has not, and then the one that it has.
try { impo .\hns.psm1 } catch { Show impo $_.FullyQualifiedErrorId }
ipmo .\hns.psm1 -DisableNameChecking

# An image, as the seed has it, and the two that the page builds (docker build is not emulated).
docker import c:\temp\ServerCore.gz microsoft/servercore:rs4 | Out-Null
docker import C:\images\metadata-proxy.tar.gz proxy | Out-Null
docker import c:\temp\ServerCore.gz client | Out-Null
Show images @(docker images --format '{{.Repository}}:{{.Tag}}')

# 1 and 2: the network, the gateway endpoint in the host's compartment, forwarding.
$network = New-HnsNetwork -Name winl2bridge -Type L2Bridge -AddressPrefix 10.0.1.0/24 -Gateway 10.0.1.1
$hnsEndpoint = New-HnsEndpoint -NetworkId $network.ID -Name cbr0 -IPAddress 10.0.1.2 -Gateway "0.0.0.0" -Verbose
Attach-HnsHostEndpoint -EndpointID $hnsEndpoint.Id -CompartmentID 1
Show netsh @(netsh int ipv4 set int "vEthernet (cbr0)" for=en)
Show forwarding (Get-NetIPInterface -InterfaceAlias 'vEthernet (cbr0)' -AddressFamily IPv4).Forwarding

# The proxy container. Without a terminal docker says so; detached it has one of its own.
Show tty @(docker run -it --network none proxy cmd 2>&1 | % { "$_" })
docker run -dit --network none --name proxy proxy cmd | Out-Null
Show proxycompartment @(docker exec proxy ipconfig /allcompartments)
$endpoint = new-hnsendpoint -NetworkId $network.ID -EnableOutboundNat -Gateway "10.0.1.2" -DNSServerList "168.63.129.16" -Verbose
Show proxycreated $endpoint
# The page's slip: the ActivityId in the place of the ID. HNS has no endpoint of that id.
Attach-HNSHostEndpoint -EndpointID $endpoint.ActivityId -CompartmentID 2 -ErrorVariable slip -ErrorAction SilentlyContinue
Show slip @($slip | % { "$_" })
$proxyId = docker ps -aqf "name=proxy"
$proxyCompartment = (Get-NetCompartment | ? { $_.CompartmentDescription -like "\Container_$proxyId*" }).CompartmentId
Attach-HNSHostEndpoint -EndpointID $endpoint.ID -CompartmentID $proxyCompartment
docker exec proxy route add 169.254.169.254 mask 255.255.255.255 10.0.1.2 | Out-Null
docker exec -d proxy metadata-proxy.exe

# The client container, and the compartment as the page's note finds it.
docker run -dit --network none --name proxyclient1 client cmd | Out-Null
$containerId = docker ps -aqf "name=proxyclient1"
$compartmentId = docker exec $containerId powershell.exe "Get-NetCompartment | Select -ExpandProperty CompartmentId"
$endpoint2 = new-hnsendpoint -NetworkId $network.ID -EnableOutboundNat -Gateway "10.0.1.2" -DNSServerList "168.63.129.16" -Verbose
Show clientcreated $endpoint2
Attach-HNSHostEndpoint -EndpointID $endpoint2.ID -CompartmentID $compartmentId

# The policy: first as the page's transcript has it, then to the proxy itself, as its text says.
$found = Get-HNSEndpoint | ? {$_.IPAddress -eq $endpoint2.IPAddress; }  | % {$_.ID}
Show found ($found -eq $endpoint2.ID)
Show redirected (New-HnsProxyPolicy -Destination "10.0.1.2:80" -OutboundNat $true -DestinationPrefix 169.254.169.254 -DestinationPort 80  -Endpoints $found)
Remove-HnsProxyPolicy -Endpoints $found | Out-Null
# The seed's one-liner, misspelt as it is: HNS keeps the key, and nothing is redirected.
Get-HNSEndpoint | ? {$_.IPAddress -eq $endpoint2.IPAddress; }  | % {$_.ID} | %{New-HnsProxyPolicy -Destination "$($endpoint.IPAddress):80" -OutbountNat $true -Endpoints $_} | Out-Null
$url = "http://169.254.169.254/metadata/instance?api-version=2017-04-02"
Show misspelt @(docker exec $containerId curl -s -i --max-time 5 -H Metadata:true $url 2>&1 | % { "$_" })
Remove-HnsProxyPolicy -Endpoints $found | Out-Null
New-HnsProxyPolicy -Destination "$($endpoint.IPAddress):80" -OutboundNat $true -DestinationPrefix 169.254.169.254 -DestinationPort 80 -Endpoints $found | Out-Null
Show answer @(docker exec $containerId curl -s -i -H Metadata:true $url)

# The page's failed run: a bridge of Docker's own, and the misspelt policy on an endpoint that Docker made.
docker network create -d l2bridge --subnet 10.0.0.0/24 --gateway 10.0.0.1 myl2bridge | Out-Null
Show networks @(docker network ls --format '{{.Name}} {{.Driver}} {{.Scope}}')
Show inspected (docker network inspect myl2bridge | Out-String | ConvertFrom-Json)
docker run -dit --network=myl2bridge --name client2 client cmd | Out-Null
$address = docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' client2
$id = Get-HNSEndpoint | ? {$_.IPAddress -eq $address; }  | % {$_.ID}
Show failed (New-HnsProxyPolicy -Destination "10.0.0.118:80" -OutbountNat $true -DestinationPrefix 169.254.169.254 -DestinationPort 80  -Endpoints $id)

# Clean up.
docker rm -f proxy proxyclient1 client2 | Out-Null
Show left @(Get-HnsEndpoint | % Name | Sort-Object)
$endpoint | Remove-HnsEndpoint
$endpoint2 | Remove-HnsEndpoint
$hnsEndpoint | Remove-HnsEndpoint
docker network rm myl2bridge | Out-Null
Get-HnsNetwork | ? Name -eq winl2bridge | Remove-HnsNetwork
Show networks @(Get-HnsNetwork | % Name)
Show endpoints @(Get-HnsEndpoint).Count
