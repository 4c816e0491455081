//! The knowledge base in the console: read by whoever may look, kept by admins.

use domain::article::{Article, ArticleState};
use domain::token::Scope;

use super::access::{session, sign_in};
use super::world::{Answer, World};

const OURS: (&str, &str) = ("sec-fetch-site", "same-origin");

async fn admin_at_work() -> (World, String) {
    let world = World::open().await;
    let (_, secret) = world.token(&[Scope::Admin], None).await;
    let cookie = session(&sign_in(&world, &secret).await);
    (world, cookie)
}

async fn post(world: &World, cookie: &str, path: &str, form: &str) -> Answer {
    world.post(path, &[("cookie", cookie), OURS], form).await
}

async fn articles(world: &World) -> Vec<Article> {
    world.desk.ask().articles(None, None).await.unwrap()
}

const DELIVERY: &str = "key=delivery&locale=en&state=public&title=How+long+does+delivery+take%3F\
    &body=Three+days.%0D%0AFive+to+islands.&product=&valid_from=&valid_until=2026-12-24T18%3A00";

#[tokio::test]
async fn an_admin_writes_an_article_and_changes_it() {
    let (world, cookie) = admin_at_work().await;
    world.get_with("/articles", &[("cookie", &cookie)]).await.says(&["There is no article", "New article"]);
    let blank = world.get_with("/articles/new?lang=de", &[("cookie", &cookie)]).await;
    blank.says(&["Die Frage, die er beantwortet", "value=\"de\"", "<option value=\"draft\" selected>"]);
    let saved = post(&world, &cookie, "/articles", DELIVERY).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    let article = articles(&world).await.remove(0);
    assert_eq!(article.body, "Three days.\nFive to islands.");
    assert_eq!(article.valid_until.unwrap().to_string(), "2026-12-24T18:00:00.000Z");
    let page = world.get_with(saved.header("location"), &[("cookie", &cookie)]).await;
    page.says(&["role=\"status\"", "value=\"2026-12-24T18:00\"", "Five to islands.", "Remove this article"]);

    let seen = article.updated_at;
    world.clock.advance(1_000);
    let changed = format!("{}&seen={seen}", DELIVERY.replace("Three", "Four"));
    assert_eq!(post(&world, &cookie, "/articles", &changed).await.status, 303);
    assert!(articles(&world).await[0].body.starts_with("Four"));
    world.get("/articles").await.says(&["How long does delivery take?", "until", "2026-12-24 18:00"]);
    assert_eq!(post(&world, &cookie, &format!("/articles/{}/remove", article.id), "").await.status, 303);
    assert!(articles(&world).await.is_empty());
}

#[tokio::test]
async fn what_somebody_else_wrote_meanwhile_is_not_written_over_and_nothing_typed_is_lost() {
    let (world, cookie) = admin_at_work().await;
    post(&world, &cookie, "/articles", DELIVERY).await;
    let seen = articles(&world).await[0].updated_at;
    let again = post(&world, &cookie, "/articles", &DELIVERY.replace("Three", "Nine")).await;
    assert_eq!(again.status, 422);
    again.says(&["There is an article delivery in en already", "Nine days."]);
    world.clock.advance(1_000);
    let first = format!("{}&seen={seen}", DELIVERY.replace("Three", "Four"));
    post(&world, &cookie, "/articles", &first).await;
    let second = format!("{}&seen={seen}", DELIVERY.replace("Three", "Seven"));
    let late = post(&world, &cookie, "/articles", &second).await;
    assert_eq!(late.status, 422);
    late.says(&["Somebody else changed the article meanwhile", "Seven days."]);
    assert!(articles(&world).await[0].body.starts_with("Four"));
    let bad = post(&world, &cookie, "/articles", &DELIVERY.replace("key=delivery", "key=De+livery")).await;
    bad.says(&["A key consists of", "Three days."]);
    let times = DELIVERY.replace("valid_from=", "valid_from=soon").replace("key=delivery", "key=x");
    post(&world, &cookie, "/articles", &times).await.says(&["Write a time as"]);
}

#[tokio::test]
async fn seconds_that_the_form_does_not_show_are_kept() {
    let (world, cookie) = admin_at_work().await;
    let until = "2026-12-24T18:00:30.500Z".parse().unwrap();
    let new = desk::NewArticle {
        key: "delivery".into(),
        locale: "en".into(),
        state: ArticleState::Public,
        title: "T".into(),
        body: "B".into(),
        product: None,
        valid_from: None,
        valid_until: Some(until),
    };
    let article = world.desk.put_article(new, domain::Actor::system()).await.unwrap();
    let form = format!("{DELIVERY}&seen={}", article.updated_at);
    post(&world, &cookie, "/articles", &form).await;
    let now = articles(&world).await.remove(0);
    assert_eq!((now.valid_until, now.title.as_str()), (Some(until), "How long does delivery take?"));
}

#[tokio::test]
async fn whoever_may_only_read_or_answer_can_change_nothing() {
    let world = World::open().await;
    let (_, secret) = world.token(&[Scope::Read, Scope::Write], None).await;
    let agent = session(&sign_in(&world, &secret).await);
    let (_, secret) = world.token(&[Scope::Admin], None).await;
    let admin = session(&sign_in(&world, &secret).await);
    post(&world, &admin, "/articles", DELIVERY).await;
    let article = articles(&world).await.remove(0);
    let page = format!("/articles/{}", article.id);
    for cookie in ["", agent.as_str()] {
        let read = world.get_with(&page, &[("cookie", cookie)]).await;
        read.says(&["Five to islands.", "Sign in with the scope admin"]);
        assert!(!read.text.contains("<textarea"));
        assert_ne!(world.get_with("/articles/new", &[("cookie", cookie)]).await.status, 200);
        for (path, form) in
            [("/articles", "key=x&body=typed"), ("/articles/import", ""), (&format!("{page}/remove"), "")]
        {
            let refused = post(&world, cookie, path, form).await;
            assert!(matches!(refused.status.as_u16(), 303 | 401), "{path}: {}", refused.status);
        }
    }
    let foreign = [("cookie", admin.as_str()), ("sec-fetch-site", "cross-site")];
    assert_eq!(world.post(&format!("{page}/remove"), &foreign, "").await.status, 403);
    assert_eq!(articles(&world).await, [article]);
    assert_eq!(world.get("/articles/art_nothing").await.status, 404);
}

#[tokio::test]
async fn a_question_shows_what_it_would_find_and_words_narrow_the_list() {
    let (world, cookie) = admin_at_work().await;
    post(&world, &cookie, "/articles", DELIVERY).await;
    let refund = "key=refund&locale=en&state=internal&title=When+do+I+get+my+refund%3F&body=Within+a+week.";
    post(&world, &cookie, "/articles", refund).await;
    let page = world.get("/articles?q=how+long+will+the+delivery+take").await;
    page.says(&["As a question it finds", "There is no article here."]);
    let found = page.text.split("class=\"found\"").nth(1).unwrap();
    assert!(found.contains("How long does delivery take?") && !found.contains("refund?"), "{found}");
    let words = world.get("/articles?q=WEEK&state=internal").await;
    words.says(&["When do I get my refund?", "value=\"WEEK\"", "name=\"state\" value=\"internal\""]);
    assert!(!words.text.contains("<code>delivery</code>"));
    let drafts = world.get("/articles?state=draft&lang=de").await;
    drafts.says(&["Hier ist kein Artikel.", "aria-current=\"true\">Entwurf"]);
}

#[tokio::test]
async fn a_file_is_taken_in_and_what_cannot_be_used_is_told() {
    let (world, cookie) = admin_at_work().await;
    let csv = "title;body;Sprache\nWie lange dauert die Lieferung?;Drei Tage.;de\n<b>Leer</b>;;de\n";
    let form = format!(
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"faq.csv\"\r\n\r\n{csv}\r\n--b--\r\n"
    );
    let told = world.upload("/articles/import", &[("cookie", &cookie), OURS], &form).await;
    assert_eq!(told.status, 200, "{}", told.text);
    told.says(&["Articles written: 1", "faq.csv, row 3: has no title or no text", "Wie lange dauert"]);
    let broken = form.replace("title;body", "a;b");
    let told = world.upload("/articles/import", &[("cookie", &cookie), OURS], &broken).await;
    assert_eq!(told.status, 422);
    told.says(&["faq.csv: the first row names no column"]);
    let empty = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\"\r\n\r\n\r\n--b--\r\n";
    let told = world.upload("/articles/import", &[("cookie", &cookie), OURS], empty).await;
    told.says(&["Choose a file first."]);
    assert_eq!(articles(&world).await.len(), 1);
}
