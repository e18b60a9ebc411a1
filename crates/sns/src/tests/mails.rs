//! Mails: who writes them, and the pages that they link to.

use serde_json::json;
use service::Tasks;

use crate::actions::*;
use crate::testing::{Bench, refused};

/// A mail's text without the folding of its encoding.
fn unfolded(mail: &str) -> String {
    mail.replace("=\r\n", "").replace("=3D", "=")
}

fn link<'a>(mail: &'a str, page: &str) -> &'a str {
    let from = mail.find(&format!("http://here:4566/{page}")).unwrap_or_else(|| panic!("{page} in {mail}"));
    mail[from..].split_whitespace().next().unwrap()
}

#[tokio::test]
async fn the_links_in_mails_confirm_and_unsubscribe_in_a_browser() {
    let (bench, tasks) = (Bench::new(), Tasks::default());
    crate::start(&bench.sns, &tasks);
    bench.until_queue(crate::email::QUEUE).await;
    let topic = bench.topic("t", json!({"DisplayName": "Shop"})).await;
    let input = json!({"TopicArn": topic, "Protocol": "email", "Endpoint": "a+b@example.com"});
    bench.call::<Subscribe>(input).await.unwrap();
    let asked = unfolded(&bench.next_mail(0).await);
    assert!(asked.contains("AWS Notifications") && !asked.contains("Shop"), "AWS itself asks: {asked}");
    let (status, page) = bench.open(link(&asked, "confirmation.html")).await;
    assert_eq!(status, 200);
    assert!(page.contains("Subscription confirmed!") && page.contains("click here to unsubscribe"), "{page}");

    bench.publish(&topic, "news").await;
    let mail = unfolded(&bench.next_mail(1).await);
    assert!(mail.contains("Shop") && mail.contains("Endpoint=a%2Bb%40example%2Ecom"), "{mail}");
    let (status, page) = bench.open(link(&mail, "unsubscribe.html")).await;
    assert!(status == 200 && page.contains("Subscription removed!"), "{page}");
    assert_eq!(bench.call::<ListSubscriptions>(json!({})).await.unwrap(), json!({"Subscriptions": []}));

    let farewell = unfolded(&bench.next_mail(2).await);
    assert!(farewell.contains("Unsubscribe Confirmation"), "{farewell}");
    bench.open(link(&farewell, "confirmation.html")).await;
    let listed = bench.call::<ListSubscriptions>(json!({})).await.unwrap();
    assert_eq!(listed["Subscriptions"][0]["Endpoint"], "a+b@example.com");
    tasks.shut_down().await;
}

#[tokio::test]
async fn a_page_says_what_is_wrong_with_its_link_and_repeats_no_markup() {
    let bench = Bench::new();
    let topic = bench.topic("t", json!({})).await;
    let link = format!("http://here:4566/confirmation.html?TopicArn={topic}&Token=junk");
    let (status, page) = bench.open(&link).await;
    assert!(status == 400 && page.contains("Invalid parameter: Token"), "{page}");
    let (status, page) = bench.open("http://here:4566/unsubscribe.html?SubscriptionArn=%3Cscript%3E").await;
    assert!(status == 400 && !page.contains("<script>"), "{page}");
}

#[tokio::test]
async fn a_confirmed_subscription_that_asks_for_signatures_is_not_removed_by_a_link() {
    let (bench, tasks) = (Bench::new(), Tasks::default());
    crate::start(&bench.sns, &tasks);
    bench.until_queue(crate::email::QUEUE).await;
    let topic = bench.topic("t", json!({})).await;
    let input = json!({"TopicArn": topic, "Protocol": "email-json", "Endpoint": "a@example.com"});
    bench.call::<Subscribe>(input).await.unwrap();
    let token = bench.next_document(0).await["Token"].clone();
    let input = json!({"TopicArn": topic, "Token": token, "AuthenticateOnUnsubscribe": "true"});
    let confirmed = bench.call::<ConfirmSubscription>(input).await.unwrap();
    let arn = confirmed["SubscriptionArn"].as_str().unwrap();
    let (status, _) = bench.open(&format!("http://here:4566/unsubscribe.html?SubscriptionArn={arn}")).await;
    assert_eq!(status, 403);
    assert!(refused(bench.call_as::<Unsubscribe>("", confirmed).await).contains("not authorized"));
    tasks.shut_down().await;
}
