//! The resource types that can be brought up, one row each.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html>

/// A type and its properties.
#[derive(Debug, PartialEq, Eq)]
pub struct ResourceType {
    /// AWS's name of it.
    pub name: &'static str,
    /// Properties that have their effect.
    pub applied: &'static [&'static str],
    /// Properties that belong to AWS's account world: accepted, and without effect here.
    pub accepted: &'static [&'static str],
    /// Properties that must be given.
    pub required: &'static [&'static str],
    /// What `Fn::GetAtt` may ask for.
    pub attributes: &'static [&'static str],
}

/// Every type that a template may hold, after SAM's own types are expanded.
pub const RESOURCE_TYPES: &[ResourceType] = &[
    ResourceType {
        name: "AWS::SQS::Queue",
        applied: &[
            "QueueName",
            "FifoQueue",
            "ContentBasedDeduplication",
            "DeduplicationScope",
            "FifoThroughputLimit",
            "DelaySeconds",
            "MaximumMessageSize",
            "MessageRetentionPeriod",
            "ReceiveMessageWaitTimeSeconds",
            "VisibilityTimeout",
            "RedrivePolicy",
            "RedriveAllowPolicy",
            "KmsMasterKeyId",
            "KmsDataKeyReusePeriodSeconds",
            "SqsManagedSseEnabled",
            "Tags",
        ],
        accepted: &[],
        required: &[],
        attributes: &["Arn", "QueueName", "QueueUrl"],
    },
    ResourceType {
        name: "AWS::SQS::QueuePolicy",
        applied: &["Queues", "PolicyDocument"],
        accepted: &[],
        required: &["Queues", "PolicyDocument"],
        attributes: &["Id"],
    },
    ResourceType {
        name: "AWS::SNS::Topic",
        applied: &[
            "TopicName",
            "DisplayName",
            "FifoTopic",
            "ContentBasedDeduplication",
            "KmsMasterKeyId",
            "SignatureVersion",
            "TracingConfig",
            "FifoThroughputScope",
            "Tags",
        ],
        accepted: &["DeliveryStatusLogging", "DataProtectionPolicy"],
        required: &[],
        attributes: &["TopicArn", "TopicName"],
    },
    ResourceType {
        name: "AWS::SNS::TopicPolicy",
        applied: &["Topics", "PolicyDocument"],
        accepted: &[],
        required: &["Topics", "PolicyDocument"],
        attributes: &["Id"],
    },
    ResourceType {
        name: "AWS::SNS::Subscription",
        applied: &[
            "TopicArn",
            "Protocol",
            "Endpoint",
            "FilterPolicy",
            "FilterPolicyScope",
            "RawMessageDelivery",
            "RedrivePolicy",
            "DeliveryPolicy",
        ],
        accepted: &["Region", "SubscriptionRoleArn"],
        required: &["TopicArn", "Protocol"],
        attributes: &["Arn"],
    },
    ResourceType {
        name: "AWS::S3::Bucket",
        applied: &["BucketName", "NotificationConfiguration"],
        accepted: &[
            "AccessControl",
            "BucketEncryption",
            "CorsConfiguration",
            "LifecycleConfiguration",
            "LoggingConfiguration",
            "OwnershipControls",
            "PublicAccessBlockConfiguration",
            "Tags",
        ],
        required: &[],
        attributes: &["Arn", "DomainName", "RegionalDomainName", "DualStackDomainName", "WebsiteURL"],
    },
    ResourceType {
        name: "AWS::S3::BucketPolicy",
        applied: &[],
        accepted: &["Bucket", "PolicyDocument"],
        required: &["Bucket", "PolicyDocument"],
        attributes: &[],
    },
    ResourceType {
        name: "AWS::Lambda::Function",
        applied: &[
            "FunctionName",
            "Runtime",
            "Handler",
            "Code",
            "Role",
            "Description",
            "Timeout",
            "MemorySize",
            "Environment",
            "EphemeralStorage",
            "TracingConfig",
            "Architectures",
            "PackageType",
            "DeadLetterConfig",
            "Tags",
        ],
        accepted: &[
            "VpcConfig",
            "KmsKeyArn",
            "LoggingConfig",
            "RuntimeManagementConfig",
            "RecursiveLoop",
            "SnapStart",
        ],
        required: &["Code", "Role"],
        attributes: &["Arn"],
    },
    ResourceType {
        name: "AWS::Lambda::EventSourceMapping",
        applied: &[
            "FunctionName",
            "EventSourceArn",
            "BatchSize",
            "MaximumBatchingWindowInSeconds",
            "Enabled",
            "FunctionResponseTypes",
            "ScalingConfig",
            "FilterCriteria",
        ],
        accepted: &["KmsKeyArn", "MetricsConfig", "Tags"],
        required: &["FunctionName", "EventSourceArn"],
        attributes: &["Id", "EventSourceMappingArn"],
    },
    ResourceType {
        name: "AWS::Lambda::Permission",
        applied: &["FunctionName", "Action", "Principal", "SourceArn", "SourceAccount"],
        accepted: &["EventSourceToken", "FunctionUrlAuthType", "PrincipalOrgID"],
        required: &["FunctionName", "Action", "Principal"],
        attributes: &["Id"],
    },
    ResourceType {
        name: "AWS::IAM::Role",
        applied: &["RoleName"],
        accepted: &[
            "AssumeRolePolicyDocument",
            "Description",
            "ManagedPolicyArns",
            "MaxSessionDuration",
            "Path",
            "PermissionsBoundary",
            "Policies",
            "Tags",
        ],
        required: &["AssumeRolePolicyDocument"],
        attributes: &["Arn", "RoleId"],
    },
    ResourceType {
        name: "AWS::IAM::Policy",
        applied: &[],
        accepted: &["PolicyName", "PolicyDocument", "Roles", "Users", "Groups"],
        required: &["PolicyName", "PolicyDocument"],
        attributes: &["Id"],
    },
    ResourceType {
        name: "AWS::Logs::LogGroup",
        applied: &["LogGroupName"],
        accepted: &["RetentionInDays", "KmsKeyId", "LogGroupClass", "Tags", "DataProtectionPolicy"],
        required: &[],
        attributes: &["Arn"],
    },
];

/// The row of a type.
pub fn resource_type(name: &str) -> Option<&'static ResourceType> {
    RESOURCE_TYPES.iter().find(|kind| kind.name == name)
}
