//! One file per AWS action.

mod add_layer_version_permission;
mod add_permission;
mod create_alias;
mod create_code_signing_config;
mod create_event_source_mapping;
mod create_function;
mod create_function_url_config;
mod delete_alias;
mod delete_code_signing_config;
mod delete_event_source_mapping;
mod delete_function;
mod delete_function_code_signing_config;
mod delete_function_concurrency;
mod delete_function_event_invoke_config;
mod delete_function_url_config;
mod delete_layer_version;
mod delete_provisioned_concurrency_config;
mod get_account_settings;
mod get_alias;
mod get_code_signing_config;
mod get_event_source_mapping;
mod get_function;
mod get_function_code_signing_config;
mod get_function_concurrency;
mod get_function_configuration;
mod get_function_event_invoke_config;
mod get_function_recursion_config;
mod get_function_url_config;
mod get_layer_version;
mod get_layer_version_by_arn;
mod get_layer_version_policy;
mod get_policy;
mod get_provisioned_concurrency_config;
mod get_runtime_management_config;
pub(crate) mod invoke;
mod invoke_async;
mod invoke_with_response_stream;
mod list_aliases;
mod list_code_signing_configs;
mod list_event_source_mappings;
mod list_function_event_invoke_configs;
mod list_function_url_configs;
mod list_functions;
mod list_functions_by_code_signing_config;
mod list_layer_versions;
mod list_layers;
mod list_provisioned_concurrency_configs;
mod list_tags;
mod list_versions_by_function;
mod publish_layer_version;
mod publish_version;
mod put_function_code_signing_config;
mod put_function_concurrency;
mod put_function_event_invoke_config;
mod put_function_recursion_config;
mod put_provisioned_concurrency_config;
mod put_runtime_management_config;
mod remove_layer_version_permission;
mod remove_permission;
mod tag_resource;
mod untag_resource;
mod update_alias;
mod update_code_signing_config;
mod update_event_source_mapping;
mod update_function_code;
mod update_function_configuration;
mod update_function_event_invoke_config;
mod update_function_url_config;

pub(crate) use add_layer_version_permission::AddLayerVersionPermission;
pub(crate) use add_permission::AddPermission;
pub(crate) use create_alias::CreateAlias;
pub(crate) use create_code_signing_config::CreateCodeSigningConfig;
pub(crate) use create_event_source_mapping::CreateEventSourceMapping;
pub(crate) use create_function::CreateFunction;
pub(crate) use create_function_url_config::CreateFunctionUrlConfig;
pub(crate) use delete_alias::DeleteAlias;
pub(crate) use delete_code_signing_config::DeleteCodeSigningConfig;
pub(crate) use delete_event_source_mapping::DeleteEventSourceMapping;
pub(crate) use delete_function::DeleteFunction;
pub(crate) use delete_function_code_signing_config::DeleteFunctionCodeSigningConfig;
pub(crate) use delete_function_concurrency::DeleteFunctionConcurrency;
pub(crate) use delete_function_event_invoke_config::DeleteFunctionEventInvokeConfig;
pub(crate) use delete_function_url_config::DeleteFunctionUrlConfig;
pub(crate) use delete_layer_version::DeleteLayerVersion;
pub(crate) use delete_provisioned_concurrency_config::DeleteProvisionedConcurrencyConfig;
pub(crate) use get_account_settings::GetAccountSettings;
pub(crate) use get_alias::GetAlias;
pub(crate) use get_code_signing_config::GetCodeSigningConfig;
pub(crate) use get_event_source_mapping::GetEventSourceMapping;
pub(crate) use get_function::GetFunction;
pub(crate) use get_function_code_signing_config::GetFunctionCodeSigningConfig;
pub(crate) use get_function_concurrency::GetFunctionConcurrency;
pub(crate) use get_function_configuration::GetFunctionConfiguration;
pub(crate) use get_function_event_invoke_config::GetFunctionEventInvokeConfig;
pub(crate) use get_function_recursion_config::GetFunctionRecursionConfig;
pub(crate) use get_function_url_config::GetFunctionUrlConfig;
pub(crate) use get_layer_version::GetLayerVersion;
pub(crate) use get_layer_version_by_arn::GetLayerVersionByArn;
pub(crate) use get_layer_version_policy::GetLayerVersionPolicy;
pub(crate) use get_policy::GetPolicy;
pub(crate) use get_provisioned_concurrency_config::GetProvisionedConcurrencyConfig;
pub(crate) use get_runtime_management_config::GetRuntimeManagementConfig;
pub(crate) use invoke::Invoke;
pub(crate) use invoke_async::InvokeAsync;
pub(crate) use invoke_with_response_stream::InvokeWithResponseStream;
pub(crate) use list_aliases::ListAliases;
pub(crate) use list_code_signing_configs::ListCodeSigningConfigs;
pub(crate) use list_event_source_mappings::ListEventSourceMappings;
pub(crate) use list_function_event_invoke_configs::ListFunctionEventInvokeConfigs;
pub(crate) use list_function_url_configs::ListFunctionUrlConfigs;
pub(crate) use list_functions::ListFunctions;
pub(crate) use list_functions_by_code_signing_config::ListFunctionsByCodeSigningConfig;
pub(crate) use list_layer_versions::ListLayerVersions;
pub(crate) use list_layers::ListLayers;
pub(crate) use list_provisioned_concurrency_configs::ListProvisionedConcurrencyConfigs;
pub(crate) use list_tags::ListTags;
pub(crate) use list_versions_by_function::ListVersionsByFunction;
pub(crate) use publish_layer_version::PublishLayerVersion;
pub(crate) use publish_version::PublishVersion;
pub(crate) use put_function_code_signing_config::PutFunctionCodeSigningConfig;
pub(crate) use put_function_concurrency::PutFunctionConcurrency;
pub(crate) use put_function_event_invoke_config::PutFunctionEventInvokeConfig;
pub(crate) use put_function_recursion_config::PutFunctionRecursionConfig;
pub(crate) use put_provisioned_concurrency_config::PutProvisionedConcurrencyConfig;
pub(crate) use put_runtime_management_config::PutRuntimeManagementConfig;
pub(crate) use remove_layer_version_permission::RemoveLayerVersionPermission;
pub(crate) use remove_permission::RemovePermission;
pub(crate) use tag_resource::TagResource;
pub(crate) use untag_resource::UntagResource;
pub(crate) use update_alias::UpdateAlias;
pub(crate) use update_code_signing_config::UpdateCodeSigningConfig;
pub(crate) use update_event_source_mapping::UpdateEventSourceMapping;
pub(crate) use update_function_code::UpdateFunctionCode;
pub(crate) use update_function_configuration::UpdateFunctionConfiguration;
pub(crate) use update_function_event_invoke_config::UpdateFunctionEventInvokeConfig;
pub(crate) use update_function_url_config::UpdateFunctionUrlConfig;

use serde::Deserialize;
use service::Binding;

/// The query string of actions that take a qualifier.
const QUALIFIER: &[Binding] = &[Binding { member: "Qualifier", name: "Qualifier" }];
/// The query string of actions that list.
const PAGING: &[Binding] =
    &[Binding { member: "Marker", name: "Marker" }, Binding { member: "MaxItems", name: "MaxItems" }];

/// The input of actions that are about a function or one of its versions.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Qualified {
    function_name: String,
    qualifier: Option<String>,
}

/// The input of actions that are about a function and none of its versions.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Named {
    function_name: String,
}
