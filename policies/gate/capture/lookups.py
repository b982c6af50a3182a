"""Provider functions that look up what exists already, and compute nothing: which image, which network, which key.

They are answered by references to the call alone, so rules see what hangs on them as undetermined. A function that
is not here is refused with its name, and answered by a fixture.
"""

from __future__ import annotations

_AWS = """
    acm/getCertificate amp/getDefaultScraperConfiguration apigateway/getRestApi bedrockfoundation/getModel
    cloudfront/getCachePolicy cloudfront/getDistribution cloudfront/getOriginAccessIdentity
    cloudfront/getOriginRequestPolicy cloudfront/getResponseHeadersPolicy cloudtrail/getServiceAccount
    cloudwatch/getEventBus cloudwatch/getEventSource cloudwatch/getLogGroup cognito/getUserPool
    cognito/getUserPools directconnect/getConnection dynamodb/getTable ec2/getAmi ec2/getInstance
    ec2/getInstanceType ec2/getInternetGateway ec2/getKeyPair ec2/getLaunchTemplate ec2/getLocalGateway
    ec2/getLocalGatewayRouteTable ec2/getManagedPrefixList ec2/getNatGateway ec2/getNetworkInterface
    ec2/getPrefixList ec2/getRouteTable ec2/getRouteTables ec2/getSecurityGroup ec2/getSecurityGroups
    ec2/getSubnet ec2/getSubnets ec2/getVpc ec2/getVpcEndpoint ec2/getVpcEndpointService ec2/getVpcs
    ec2transitgateway/getTransitGateway ecr/getAuthorizationToken ecr/getCredentials ecr/getImage
    ecr/getRepository ecs/getCluster ecs/getService ecs/getTaskDefinition efs/getFileSystem
    eks/getAddonVersion eks/getCluster eks/getClusterAuth elb/getHostedZoneId elb/getServiceAccount
    iam/getGroup iam/getInstanceProfile iam/getOpenIdConnectProvider iam/getPolicy iam/getRole
    iam/getSessionContext iam/getUser identitystore/getGroup index/getBillingServiceAccount
    index/getIpRanges index/getRegions kinesis/getStream kms/getAlias kms/getKey lambda/getFunction
    lambda/getLayerVersion lb/getHostedZoneId lb/getListener lb/getLoadBalancer lb/getTargetGroup
    msk/getCluster organizations/getOrganization organizations/getOrganizationalUnits outposts/getOutpost
    outposts/getOutposts rds/getCertificate rds/getCluster rds/getClusterSnapshot rds/getEngineVersion
    rds/getInstance rds/getOrderableDbInstance rds/getSnapshot redshift/getCluster route53/getDelegationSet
    route53/getZone s3/getBucket s3/getBucketObject s3/getCanonicalUserId s3/getObject
    sagemaker/getPrebuiltEcrImage secretsmanager/getRandomPassword secretsmanager/getSecret
    secretsmanager/getSecretVersion sns/getTopic sqs/getQueue ssm/getParameter ssm/getParametersByPath
    ssm/getPatchBaseline ssoadmin/getInstances ssoadmin/getPermissionSet workspaces/getBundle
"""
_GOOGLE = """
    appengine/getDefaultServiceAccount artifactregistry/getRepository bigquery/getDefaultServiceAccount
    cloudrun/getService cloudrunv2/getService compute/getAddress compute/getCertificate
    compute/getDefaultServiceAccount compute/getGlobalAddress compute/getImage compute/getInstance
    compute/getNetblockIPRanges compute/getNetwork compute/getNodeTypes compute/getSubnetwork
    compute/getSubnetworks container/getAttachedVersions container/getAwsVersions container/getAzureVersions
    container/getCluster container/getEngineVersions container/getRegistryRepository dns/getKeys
    dns/getManagedZone filestore/getInstance kms/getKMSCryptoKey kms/getKMSCryptoKeyVersion
    kms/getKMSKeyRing organizations/getActiveFolder organizations/getBillingAccount
    organizations/getClientOpenIdUserInfo organizations/getFolder organizations/getOrganization
    projects/getProject pubsub/getTopic secretmanager/getSecret secretmanager/getSecretVersion
    serviceaccount/getAccount sql/getDatabaseInstance storage/getBucket storage/getBucketObject
    storage/getProjectServiceAccount storage/getTransferProjectServiceAccount tpu/getV2RuntimeVersions
"""
# `documentdb`, `insights` and the zones of `network` are names of earlier versions of the SDK.
_AZURE = """
    applicationinsights:getComponent authorization:getRoleDefinition cdn:getProfile
    cognitiveservices:getAccount cognitiveservices:listAccountKeys compute:getDisk compute:getGalleryImage
    compute:getImage compute:getVirtualMachine containerregistry:getRegistry
    containerregistry:listRegistryCredentials containerservice:getManagedCluster
    containerservice:listManagedClusterAdminCredentials containerservice:listManagedClusterUserCredentials
    cosmosdb:getDatabaseAccount cosmosdb:listDatabaseAccountConnectionStrings
    cosmosdb:listDatabaseAccountKeys datafactory:getFactory dbforpostgresql:getServer dns:getZone
    documentdb:listDatabaseAccountConnectionStrings documentdb:listDatabaseAccountKeys
    eventgrid:listTopicSharedAccessKeys eventhub:getNamespace eventhub:listEventHubKeys
    eventhub:listNamespaceKeys insights:getComponent iothub:listIotHubResourceKeys keyvault:getKey
    keyvault:getSecret keyvault:getVault logic:getWorkflow logic:listWorkflowTriggerCallbackUrl
    managedidentity:getUserAssignedIdentity monitor:getActionGroup network:getApplicationGateway
    network:getLoadBalancer network:getNatGateway network:getNetworkInterface
    network:getNetworkSecurityGroup network:getPrivateEndpoint network:getPublicIPAddress
    network:getRouteTable network:getSubnet network:getVirtualNetwork network:getZone
    operationalinsights:getSharedKeys operationalinsights:getWorkspace
    operationalinsights:getWorkspaceSharedKeys privatedns:getPrivateZone redis:getRedis redis:listRedisKeys
    resources:getResourceGroup search:listAdminKey search:listQueryKeyBySearchService
    servicebus:listNamespaceKeys servicebus:listQueueKeys servicebus:listTopicKeys
    signalrservice:listSignalRKeys sql:getServer storage:getBlobContainer storage:getStorageAccount
    storage:listStorageAccountKeys storage:listStorageAccountSAS storage:listStorageAccountServiceSAS
    web:getAppServicePlan web:getWebApp web:listWebAppFunctionKeys web:listWebAppHostKeys
    web:listWebAppPublishingCredentials webpubsub:listWebPubSubKeys
"""

LOOKUPS = frozenset(
    {
        *(f"aws:{name}:{name.split('/')[1]}" for name in _AWS.split()),
        *(f"gcp:{name}:{name.split('/')[1]}" for name in _GOOGLE.split()),
        *(f"azure-native:{name}" for name in _AZURE.split()),
    }
)
