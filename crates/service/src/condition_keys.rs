//! What a policy may look at in a call: AWS's global condition keys, as far as there is anything to look at.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use aws::timestamp;

use crate::Context;

impl Context {
    /// The caller, as a policy and a refusal name it: an account's access key stands for the whole account.
    pub fn principal_arn(&self) -> String {
        format!("arn:aws:iam::{}:root", self.caller.account)
    }

    /// Condition keys of this call to a resource of an account. Transport counts as secure: policies that insist on TLS
    /// would turn everybody away here.
    pub fn condition_keys(&self, resource_account: &str) -> Vec<(&'static str, String)> {
        let account = self.caller.account.to_string();
        vec![
            ("aws:PrincipalAccount", account.clone()),
            ("aws:PrincipalArn", self.principal_arn()),
            ("aws:PrincipalType", "Account".to_owned()),
            ("aws:userid", account),
            ("aws:PrincipalIsAWSService", "false".to_owned()),
            ("aws:ViaAWSService", "false".to_owned()),
            ("aws:SecureTransport", "true".to_owned()),
            ("aws:SourceIp", self.source_ip.to_string()),
            ("aws:RequestedRegion", self.caller.region.to_string()),
            ("aws:ResourceAccount", resource_account.to_owned()),
            ("aws:CurrentTime", timestamp::iso_milliseconds(self.now.0)),
            ("aws:EpochTime", (self.now.0 / 1000).to_string()),
        ]
    }
}

/// What a service's policy refusal says to the caller, in the words that AWS has for it.
pub fn denial(context: &Context, action: &str, resource: &str, explicitly: bool) -> String {
    let why = if explicitly {
        "with an explicit deny in a resource-based policy".to_owned()
    } else {
        format!("because no resource-based policy allows the {action} action")
    };
    let principal = context.principal_arn();
    format!("User: {principal} is not authorized to perform: {action} on resource: {resource} {why}")
}
