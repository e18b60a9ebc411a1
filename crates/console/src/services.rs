//! The services' actions, called in this process as their clients call them.

use aws::{AccountId, Arn, Region};
use serde_json::Value as Json;
use service::{Caller, Context};

use crate::Console;
use crate::trouble::Trouble;

impl Console {
    /// Whether a service has an action of that name.
    pub(crate) fn has(&self, service: &str, action: &str) -> bool {
        self.find(service, action).is_some()
    }

    fn find(&self, service: &str, action: &str) -> Option<&service::BoundAction> {
        let services = self.parts.services.iter().filter(|one| one.name == service);
        services.flat_map(|one| &one.actions).find(|one| one.name == action)
    }

    /// Calls an action as the account that a resource belongs to, in its Region.
    pub(crate) async fn call(
        &self,
        context: &Context,
        resource: &Arn,
        action: &str,
        input: &Json,
    ) -> Result<Json, Trouble> {
        let found = self.find(resource.service(), action);
        let found = found.ok_or_else(|| Trouble::Failed(format!("{action} is not served here")))?;
        Ok(found.ask(self.context(context, resource.account(), resource.region()), input).await?)
    }

    /// Calls an action of Konekuta's own.
    pub(crate) async fn call_own(
        &self,
        context: &Context,
        action: &str,
        input: &Json,
    ) -> Result<Json, Trouble> {
        let found = self.find("konekuta", action);
        let found = found.ok_or_else(|| Trouble::Failed(format!("{action} is not served here")))?;
        let context = Context { now: self.parts.clock.now(), ..context.clone() };
        match found.ask(context, input).await {
            Err(error) if error.row.status == 404 => Err(Trouble::NotFound(error.message.into_owned())),
            answered => Ok(answered?),
        }
    }

    /// The circumstances of a call now, as somebody.
    pub(crate) fn context(&self, context: &Context, account: &str, region: &str) -> Context {
        let caller = Caller {
            account: AccountId::parse(account).unwrap_or_else(AccountId::local),
            region: Region::parse(region).unwrap_or_else(Region::default_region),
            access_key_id: account.to_owned(),
        };
        Context { caller, now: self.parts.clock.now(), ..context.clone() }
    }
}

/// The ARN in a page's path or a form.
pub(crate) fn arn(text: &str, service: &str) -> Result<Arn, Trouble> {
    let arn = text.parse::<Arn>().ok().filter(|arn| arn.service() == service);
    arn.ok_or_else(|| Trouble::NotFound(text.to_owned()))
}

/// What people call a resource: the last part of its ARN.
pub(crate) fn name(arn: &Arn) -> &str {
    arn.resource().rsplit(':').next().unwrap_or_default()
}
