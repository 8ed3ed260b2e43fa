//! Known places, each on a loopback server that speaks the shape its documentation gives.

use serde_json::{Value, json};

use crate::scenario::{Answer, Scenario};

const BRANDS: &str = r##"
[settings]
host_pause = "0s"

[[brand]]
id = "acme"
name = "Acme"
aliases = ["Acme", "#acme", "Acme Corp"]

[[brand]]
id = "globex"
name = "Globex France"
role = "competitor"

"##;

/// A source of `kind` with these further lines, at the scenario's publisher.
fn scenario(kind: &str, lines: &str) -> Scenario {
    Scenario::new(&format!(
        "{BRANDS}[[source]]\nid = \"place\"\nkind = \"{kind}\"\nhost = \"{{base}}\"\nallow_private = true\n{lines}\n"
    ))
}

fn poll(scenario: &Scenario) -> Value {
    scenario.run(&["poll", "--all", "--json"]).ok().json()["sources"][0].clone()
}

/// Everything kept, in the order of time, as `export` tells it.
fn entries(scenario: &Scenario) -> Vec<Value> {
    let exported = scenario.run(&["export", "*"]).ok().stdout;
    exported.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect()
}

fn texts(entries: &[Value], key: &str) -> Vec<String> {
    entries.iter().map(|entry| entry[key].as_str().unwrap_or("-").to_owned()).collect()
}

fn fail(scenario: &Scenario, path: &str, status: u16, body: &str) {
    let headers = if status == 429 { vec![("Retry-After".into(), "7200".into())] } else { Vec::new() };
    scenario.publisher.answer(path, Answer { status, headers, body: body.as_bytes().to_vec() });
}

fn health(scenario: &Scenario) -> Value {
    scenario.run(&["sources", "health", "--json"]).ok().json()["sources"][0].clone()
}

const HN: &str = "/api/v1/search_by_date?query=Acme&tags=%28story%2Ccomment%29&hitsPerPage=100";
const HN_GLOBEX: &str =
    "/api/v1/search_by_date?query=%22Globex+France%22&tags=%28story%2Ccomment%29&hitsPerPage=100";

fn hit(id: u32, at: i64, text: &str) -> Value {
    json!({"objectID": id.to_string(), "created_at_i": at, "author": "pg", "points": id, "num_comments": 2,
        "title": text, "url": format!("https://news.example/{id}"), "_tags": ["story"]})
}

fn hits(hits: &[Value], all: usize) -> String {
    json!({"hits": hits, "nbHits": all, "page": 0, "hitsPerPage": 100}).to_string()
}

#[test]
fn hacker_news_is_read_back_to_its_beginning_and_raises_no_alert() {
    let mut scenario = scenario("hacker-news", "search = \"{brand}\"");
    let comment = json!({"objectID": "12", "created_at_i": 1_772_400_000, "author": "dang", "points": null,
        "story_title": "Vélos", "comment_text": "<p>J&#x27;aime <i>Acme</i>, merci.", "story_id": 3,
        "_tags": ["comment"]});
    scenario.publisher.publish(HN, &hits(&[comment, hit(11, 1_772_300_000, "Acme ships")], 4));
    scenario.publisher.publish(HN_GLOBEX, &hits(&[], 0));
    let slice = |at: i64| {
        format!("{}&numericFilters=created_at_i%3C%3D{at}", HN.replace("hitsPerPage=100", "hitsPerPage=500"))
    };
    let older = hits(&[hit(11, 1_772_300_000, "Acme ships"), hit(9, 1_500_000_000, "Acme founded")], 3);
    scenario.publisher.publish(&slice(1_772_300_000), &older);
    let oldest = hits(&[hit(9, 1_500_000_000, "Acme founded"), hit(8, 1_400_000_000, "Acme? Who?")], 2);
    scenario.publisher.publish(&slice(1_500_000_000), &oldest);

    let round = poll(&scenario);
    assert_eq!((&round["new_mentions"], &round["backfill"]), (&json!(4), &json!(true)), "{round}");
    let kept = entries(&scenario);
    assert_eq!(texts(&kept, "title"), ["Acme? Who?", "Acme founded", "Acme ships", "-"]);
    assert_eq!(kept[3]["text"], "J'aime Acme, merci.");
    assert_eq!(kept[3]["link"], "https://news.ycombinator.com/item?id=12");
    assert_eq!(kept[2]["link"], "https://news.ycombinator.com/item?id=11", "not the article's");
    assert_eq!(kept[2]["engagement"], json!({"points": 11, "comments": 2}));
    assert_eq!(kept[3]["published"], "2026-03-01T21:20:00Z");

    // An hour later: one more, which is news; what was read before is not read again.
    let later = [hit(13, 1_772_445_600, "Acme recalls"), hit(11, 1_772_300_000, "Acme ships")];
    scenario.publisher.publish(HN, &hits(&later, 5));
    scenario.at("2026-03-02T10:30:00Z");
    let round = poll(&scenario);
    assert_eq!((&round["new_mentions"], &round["backfill"]), (&json!(1), &json!(false)), "{round}");
    assert_eq!(scenario.publisher.asked(&slice(1_772_300_000)), 1);
}

/// A feed with one post that names Acme, as forums and blogs write it.
fn feed(title: &str, link: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Place</title><item><title>{title}</title>\
         <link>{link}</link><guid>{link}</guid><description>&lt;p&gt;Un essai d&#39;Acme&lt;/p&gt;</description>\
         <pubDate>Sun, 01 Mar 2026 10:00:00 GMT</pubDate></item></channel></rss>"
    )
}

#[test]
fn places_with_feeds_are_asked_at_the_addresses_they_document() {
    for (kind, lines, paths) in [
        (
            "lemmy",
            "community = \"velo, tech@lemmy.ml\"",
            "/feeds/c/velo.xml?sort=New /feeds/c/tech@lemmy.ml.xml?sort=New",
        ),
        ("lemmy", "account = \"acme\"", "/feeds/u/acme.xml?sort=New"),
        ("lemmy", "", "/feeds/local.xml?sort=New"),
        ("lobsters", "", "/rss"),
        ("lobsters", "tag = \"rust, privacy\"", "/t/rust,privacy.rss"),
        ("stack-exchange", "", "/feeds"),
        ("stack-exchange", "tag = \"c++\"", "/feeds/tag?tagnames=c%2B%2B&sort=newest"),
        ("github", "repo = \"acme/widget\"", "/acme/widget/releases.atom /acme/widget/discussions.atom"),
        (
            "github",
            "repo = \"o/r\"\nsearch = \"{brand}\"",
            "/o/r/releases.atom /o/r/discussions.atom?discussions_q=Acme+OR+%22Globex+France%22",
        ),
        ("reddit", "search = \"{brand}\"", "/search.rss?q=Acme+OR+%22Globex+France%22&sort=new"),
        ("reddit", "community = \"velo, france\"", "/r/velo+france/new.rss"),
        (
            "reddit",
            "community = \"velo\"\nsearch = \"panne\"",
            "/r/velo/search.rss?q=panne&restrict_sr=1&sort=new",
        ),
        ("discourse", "", "/posts.rss"),
        ("discourse", "tag = \"acme\"\ncommunity = \"aide/6\"", "/tag/acme.rss /c/aide/6.rss"),
        ("medium", "tag = \"velo\"\naccount = \"@acme\"", "/feed/tag/velo /feed/@acme"),
        ("dev-to", "tag = \"rust\"\naccount = \"acme\"", "/feed/tag/rust /feed/acme"),
        ("substack", "", "/feed"),
        ("mastodon", "account = \"@acme\"", "/@acme.rss"),
        (
            "youtube",
            "account = \"UCabcdefghijklmnopqrstuv\"",
            "/feeds/videos.xml?channel_id=UCabcdefghijklmnopqrstuv",
        ),
        ("google-alerts", "account = \"0123/4567\"", "/alerts/feeds/0123/4567"),
        (
            "bing-news",
            "search = \"Acme\"",
            "/news/search?q=Acme&format=rss&mkt=fr-FR&setlang=fr&cc=FR \
             /news/search?q=Acme&format=rss&mkt=en-US&setlang=en&cc=US",
        ),
        ("wordpress", "search = \"Acme\"", "/?s=Acme&feed=rss2"),
    ] {
        let scenario = scenario(kind, lines);
        for (place, path) in paths.split(' ').enumerate() {
            let link = format!("https://news.example/{place}");
            scenario.publisher.publish(path, &feed(&format!("Essai {place}"), &link));
        }
        let round = poll(&scenario);
        assert_eq!(round["new_mentions"], paths.split(' ').count(), "{kind} {lines}: {round}");
        assert_eq!(round["backfill"], true, "{kind} {lines}");
        for entry in entries(&scenario) {
            assert_eq!(entry["text"], "Un essai d'Acme");
        }
        let health = health(&scenario);
        assert_eq!(health["state"], "ok", "{kind} {lines}: {health}");
    }
}

#[test]
fn a_wordpress_archive_is_read_page_by_page_across_restarts() {
    let mut scenario = scenario("wordpress", "search = \"{brand}\"");
    let page = |first: usize| {
        let items: Vec<String> = (first..first + 10)
            .map(|n| {
                let day = 28 - n / 4;
                format!(
                    "<item><title>Acme {n}</title><link>https://blog.example/{n}/</link>\
                     <guid isPermaLink=\"false\">https://blog.example/?p={n}</guid>\
                     <pubDate>{day} Feb 2026 {:02}:00:00 +0000</pubDate></item>",
                    23 - n % 4
                )
            })
            .collect();
        format!("<rss version=\"2.0\"><channel><title>Blog</title>{}</channel></rss>", items.concat())
    };
    let newest = "/?s=Acme&feed=rss2";
    scenario.publisher.publish(newest, &page(0));
    scenario
        .publisher
        .publish("/?s=%22Globex+France%22&feed=rss2", &feed("Rien", "https://blog.example/rien/"));
    for number in 2..9 {
        scenario.publisher.publish(&format!("{newest}&paged={number}"), &page((number - 1) * 10));
    }
    // Four pages a poll; the other search has a page that is not there.
    let first = poll(&scenario);
    assert_eq!(first["backfill"], true);
    assert_eq!(health(&scenario)["note"], "what is older is still being read");
    let asked = |scenario: &Scenario| {
        (2..12).filter(|page| scenario.publisher.asked(&format!("{newest}&paged={page}")) > 0).count()
    };
    assert_eq!(asked(&scenario), 3);
    scenario.at("2026-03-02T10:00:00Z");
    assert_eq!(poll(&scenario)["backfill"], true);
    scenario.at("2026-03-02T12:00:00Z");
    let last = poll(&scenario);
    assert_eq!(last["outcome"], "unchanged", "{last}");
    assert_eq!(entries(&scenario).len(), 81, "each article once");
    assert_eq!(asked(&scenario), 8, "up to the first page that is not there");
    scenario.at("2026-03-02T14:00:00Z");
    let quiet = poll(&scenario);
    assert_eq!((&quiet["outcome"], &quiet["note"]), (&json!("unchanged"), &json!(null)));
    assert_eq!(health(&scenario)["state"], "ok");
}

#[test]
fn a_repository_without_discussions_is_no_failure() {
    let scenario = scenario("github", "repo = \"acme/widget\"");
    scenario
        .publisher
        .publish("/acme/widget/releases.atom", &feed("v1", "https://github.com/acme/widget/releases/v1"));
    assert_eq!(poll(&scenario)["note"], json!(null));
    let health = health(&scenario);
    assert_eq!((&health["state"], &health["note"]), (&json!("ok"), &json!(null)));
    fail(&scenario, "/acme/widget/releases.atom", 404, "");
    poll(&scenario);
    assert!(
        self::health(&scenario)["note"].as_str().unwrap().contains("404"),
        "a repository that is not there is one"
    );
}

fn post(id: u64, text: &str) -> Value {
    json!({"id": id.to_string(), "created_at": "2026-03-01T10:00:00.000Z", "edited_at": null,
        "uri": format!("https://piaille.fr/users/lea/statuses/{id}"), "url": format!("https://piaille.fr/@lea/{id}"),
        "content": text, "spoiler_text": "", "language": "fr", "favourites_count": 3, "reblogs_count": 1,
        "replies_count": 0, "account": {"acct": "lea@piaille.fr", "display_name": "Léa"},
        "tags": [{"name": "acme", "url": "https://piaille.fr/tags/acme"}]})
}

#[test]
fn mastodon_tags_are_read_with_what_readers_did() {
    let scenario = scenario("mastodon", "tag = \"{brand}, #vélo\"");
    let path = |tag: &str| format!("/api/v1/timelines/tag/{tag}?limit=40");
    let posts = json!([post(9, "<p>En panne, <a href=\"#\">#<span>acme</span></a> !</p>")]);
    scenario.publisher.publish(&path("acme"), &posts.to_string());
    scenario
        .publisher
        .publish(&format!("{}&max_id=9", path("acme")), &json!([post(4, "<p>Acme encore</p>")]).to_string());
    scenario.publisher.publish(&format!("{}&max_id=4", path("acme")), "[]");
    for tag in ["globexfrance", "v%C3%A9lo"] {
        scenario.publisher.publish(&path(tag), "[]");
    }
    let round = poll(&scenario);
    assert_eq!(round["new_mentions"], 2, "{round}");
    let kept = entries(&scenario);
    let newest = kept.iter().find(|entry| entry["link"] == "https://piaille.fr/@lea/9").unwrap();
    assert_eq!(newest["text"], "En panne, #acme !");
    assert_eq!(newest["author"], "@lea@piaille.fr");
    assert_eq!(newest["language"], "fr");
    assert_eq!(newest["tags"], json!(["acme"]));
    assert_eq!(newest["engagement"], json!({"likes": 3, "reposts": 1, "comments": 0}));
}

#[test]
fn likes_are_kept_as_they_last_were_and_make_nothing_new() {
    let mut scenario = scenario("mastodon", "tag = \"acme\"");
    let path = "/api/v1/timelines/tag/acme?limit=40";
    let mut liked = post(9, "<p>Acme</p>");
    scenario.publisher.publish(path, &json!([liked]).to_string());
    scenario.publisher.publish(&format!("{path}&max_id=9"), "[]");
    poll(&scenario);
    liked["favourites_count"] = json!(40);
    scenario.publisher.publish(path, &json!([liked]).to_string());
    scenario.at("2026-03-02T10:00:00Z");
    let round = poll(&scenario);
    assert_eq!((&round["new_mentions"], &round["revised"]), (&json!(0), &json!(0)));
    let exported = scenario.run(&["export", "*"]).ok().stdout;
    assert_eq!(entries(&scenario)[0]["engagement"]["likes"], 40);

    // What was exported can be imported elsewhere, likes and all.
    let elsewhere = self::scenario("mastodon", "tag = \"acme\"");
    elsewhere.run_with(&["import"], &exported).ok();
    assert_eq!(entries(&elsewhere)[0]["engagement"], entries(&scenario)[0]["engagement"]);
}

#[test]
fn a_bluesky_account_is_read_without_what_it_passes_on() {
    let scenario = scenario("bluesky", "account = \"@acme.bsky.social\"");
    let item = |key: &str, text: &str, reason: Value| {
        json!({"post": {"uri": format!("at://did:plc:abc/app.bsky.feed.post/{key}"), "cid": "x",
            "author": {"did": "did:plc:abc", "handle": "acme.bsky.social", "displayName": "Acme"},
            "record": {"$type": "app.bsky.feed.post", "text": text, "createdAt": "2026-03-01T10:00:00.123Z",
                "langs": ["fr-FR"]},
            "likeCount": 5, "repostCount": 2, "replyCount": 1, "quoteCount": 0}, "reason": reason})
    };
    let passed_on = item("3kb", "Acme, vu d'ailleurs", json!({"$type": "app.bsky.feed.defs#reasonRepost"}));
    let path = "/xrpc/app.bsky.feed.getAuthorFeed?actor=acme.bsky.social&limit=30";
    let first = json!({"feed": [passed_on, item("3ka", "Acme ouvre demain", json!(null))], "cursor": "c:1"});
    scenario.publisher.publish(path, &first.to_string());
    let older = json!({"feed": [item("3k0", "Acme, premier jour", json!(null))]});
    scenario.publisher.publish(&format!("{path}&cursor=c%3A1"), &older.to_string());
    poll(&scenario);
    let kept = entries(&scenario);
    assert_eq!(kept.len(), 2);
    let newest = kept.iter().find(|entry| entry["text"] == "Acme ouvre demain").unwrap();
    assert_eq!(newest["link"], "https://bsky.app/profile/acme.bsky.social/post/3ka");
    assert_eq!(newest["engagement"], json!({"likes": 5, "reposts": 2, "comments": 1, "quotes": 0}));
    assert_eq!((&newest["language"], &newest["author"]), (&json!("fr"), &json!("@acme.bsky.social")));
}

#[test]
fn youtube_counts_views_and_an_outage_is_not_an_end() {
    let mut scenario = scenario("youtube", "account = \"UCabcdefghijklmnopqrstuv\"");
    let path = "/feeds/videos.xml?channel_id=UCabcdefghijklmnopqrstuv";
    let video = "<feed xmlns:yt=\"http://www.youtube.com/xml/schemas/2015\" \
        xmlns:media=\"http://search.yahoo.com/mrss/\" xmlns=\"http://www.w3.org/2005/Atom\"><title>Vélo TV</title>\
        <entry><id>yt:video:abc</id><yt:videoId>abc</yt:videoId><title>Acme : le test</title>\
        <link rel=\"alternate\" href=\"https://www.youtube.com/watch?v=abc\"/>\
        <published>2026-03-01T10:00:00+00:00</published><media:group><media:title>Acme : le test</media:title>\
        <media:description>Deux mois avec le vélo.</media:description><media:community>\
        <media:starRating count=\"12\" average=\"5.00\" min=\"1\" max=\"5\"/><media:statistics views=\"345\"/>\
        </media:community></media:group></entry></feed>";
    scenario.publisher.publish(path, video);
    poll(&scenario);
    let kept = entries(&scenario);
    assert_eq!(kept[0]["engagement"], json!({"views": 345, "likes": 12}));
    for (hour, status) in [(12, 404), (16, 500)] {
        fail(&scenario, path, status, "");
        scenario.at(&format!("2026-03-02T{hour}:00:00Z"));
        poll(&scenario);
        let health = health(&scenario);
        assert_eq!(health["state"], "broken", "{health}");
        assert!(health["next_poll"].is_string(), "it is asked again: {health}");
    }
    scenario.publisher.publish(path, video);
    scenario.at("2026-03-03T16:00:00Z");
    assert_eq!(poll(&scenario)["new_mentions"], 0);
    assert_eq!(health(&scenario)["state"], "ok");
}

fn google_item(guid: &str, title: &str) -> String {
    format!(
        "<item><title>{title} - Le Monde</title><link>https://news.google.com/rss/articles/{guid}?oc=5</link>\
         <guid isPermaLink=\"false\">{guid}</guid><pubDate>Sun, 01 Mar 2026 10:00:00 GMT</pubDate>\
         <description>&lt;a href=\"https://news.google.com/{guid}\"&gt;{title}&lt;/a&gt; Le Monde</description>\
         <source url=\"https://www.lemonde.fr\">Le Monde</source></item>"
    )
}

#[test]
fn google_news_knows_an_article_by_publisher_and_title() {
    let mut scenario = scenario("google-news", "search = \"{brand}\"");
    let path = |when: &str, edition: &str| {
        format!("/rss/search?q=Acme+OR+%22Globex+France%22+when%3A{when}&{edition}")
    };
    let (fr, en) = ("hl=fr&gl=FR&ceid=FR%3Afr", "hl=en-US&gl=US&ceid=US%3Aen");
    let document =
        |items: &[String]| format!("<rss version=\"2.0\"><channel>{}</channel></rss>", items.concat());
    scenario.publisher.publish(&path("7d", fr), &document(&[google_item("CBMiA", "Acme rappelle")]));
    scenario.publisher.publish(&path("7d", en), &document(&[]));
    poll(&scenario);
    // The same article under another opaque link is no news.
    let again = [google_item("CBMiB", "Acme rappelle"), google_item("CBMiC", "Acme s&#39;explique")];
    scenario.publisher.publish(&path("1d", fr), &document(&again));
    scenario.publisher.publish(&path("1d", en), &document(&[]));
    scenario.at("2026-03-02T10:00:00Z");
    assert_eq!(poll(&scenario)["new_mentions"], 1);
    let kept = entries(&scenario);
    assert_eq!(texts(&kept, "title"), ["Acme rappelle", "Acme s'explique"]);
    assert_eq!(kept[0]["id"], "https://www.lemonde.fr Acme rappelle");
    assert_eq!((&kept[0]["author"], &kept[0]["text"]), (&json!("Le Monde"), &json!("")));
}

#[test]
fn links_through_bing_and_google_alerts_lead_to_the_articles() {
    let article = "https%3a%2f%2fwww.lemonde.fr%2facme.html%3fa%3d1";
    for (kind, lines, path, link) in [
        (
            "bing-news",
            "search = \"Acme\"",
            "/news/search?q=Acme&format=rss&mkt=fr-FR&setlang=fr&cc=FR",
            format!("http://www.bing.com/news/apiclick.aspx?ref=FexRss&amp;tid=7&amp;url={article}&amp;c=9"),
        ),
        (
            "google-alerts",
            "account = \"https://www.google.com/alerts/feeds/0123/4567\"",
            "/alerts/feeds/0123/4567",
            format!("https://www.google.com/url?rct=j&amp;sa=t&amp;url={article}&amp;ct=ga"),
        ),
    ] {
        let scenario = scenario(kind, lines);
        scenario.publisher.publish(path, &feed("Acme au Monde", &link));
        poll(&scenario);
        assert_eq!(texts(&entries(&scenario), "link"), ["https://www.lemonde.fr/acme.html?a=1"], "{kind}");
    }
}

#[test]
fn gdelt_gives_headlines_and_complains_in_plain_text() {
    let mut scenario = scenario("gdelt", "search = \"{brand}\"");
    let path = "/api/v2/doc/doc?query=%28Acme+OR+%22Globex+France%22%29&mode=artlist&format=json&maxrecords=250\
                &timespan=1d&sort=datedesc";
    let articles = json!({"articles": [{"url": "https://www.lemonde.fr/acme.html", "title": "Acme &amp; fils",
        "seendate": "20260301T101500Z", "domain": "lemonde.fr", "language": "French", "sourcecountry": "France"}]});
    scenario.publisher.publish(path, &articles.to_string());
    poll(&scenario);
    let kept = entries(&scenario);
    assert_eq!(kept[0]["title"], "Acme & fils");
    assert_eq!(kept[0]["published"], "2026-03-01T10:15:00Z");
    assert_eq!((&kept[0]["language"], &kept[0]["author"]), (&json!("fr"), &json!("lemonde.fr")));

    scenario.at("2026-03-02T10:00:00Z");
    scenario.publisher.publish(path, "{}");
    assert_eq!(poll(&scenario)["outcome"], "read");
    scenario.at("2026-03-02T12:00:00Z");
    scenario.publisher.publish(path, "The specified phrase is too short.");
    let round = poll(&scenario);
    assert!(round["note"].as_str().unwrap().contains("“The specified phrase is too short.”"), "{round}");
    assert_eq!(health(&scenario)["state"], "broken");
}

#[test]
fn app_store_reviews_keep_their_stars() {
    let mut scenario = scenario("app-store", "app = \"fr/id1234567890\"");
    let review = |id: u32, stars: u8, text: &str| {
        json!({"id": {"label": id.to_string()}, "title": {"label": "Acme"}, "content": {"label": text},
            "author": {"name": {"label": "Zoé"}}, "im:rating": {"label": stars.to_string()},
            "updated": {"label": "2026-02-28T12:00:00-07:00"}})
    };
    let app =
        json!({"im:name": {"label": "Acme"}, "id": {"label": "https://apps.apple.com/app/id1234567890"}});
    let path =
        |page: u32| format!("/fr/rss/customerreviews/page={page}/id=1234567890/sortby=mostrecent/json");
    let first = json!({"feed": {"entry": [app, review(1, 1, "Plante sans arrêt"), review(2, 5, "Parfait")]}});
    scenario.publisher.publish(&path(1), &first.to_string());
    // A single review stands without a list; a page without any has no list at all.
    scenario.publisher.publish(&path(2), &json!({"feed": {"entry": review(3, 2, "Bof")}}).to_string());
    scenario.publisher.publish(&path(3), &json!({"feed": {"author": {}}}).to_string());
    poll(&scenario);
    let mut kept = entries(&scenario);
    kept.sort_by_key(|entry| entry["id"].as_str().map(str::to_owned));
    let stars: Vec<&Value> = kept.iter().map(|entry| &entry["engagement"]["stars"]).collect();
    assert_eq!(stars, [1, 5, 2]);
    assert_eq!(kept[0]["published"], "2026-02-28T19:00:00Z");
    let worst = scenario.run(&["search", "tag:1-star", "--json"]).ok().json();
    assert_eq!(worst["total"], 1, "{worst}");

    // Reviews of one app are not one another, even where an answer holds a single one.
    scenario.publisher.publish(&path(1), &json!({"feed": {"entry": [review(4, 3, "Moyen")]}}).to_string());
    scenario.at("2026-03-02T12:00:00Z");
    assert_eq!(poll(&scenario)["new_mentions"], 1);
}

#[test]
fn attention_is_a_series_of_days_and_no_mention() {
    let mut scenario = scenario("wikipedia", "search = \"{brand}\"\ncommunity = \"fr.wikipedia\"");
    let path = |article: &str, from: &str, to: &str| {
        let base = "/api/rest_v1/metrics/pageviews/per-article/fr.wikipedia/all-access/user";
        format!("{base}/{article}/daily/{from}/{to}")
    };
    let days = |views: &[(&str, u64)]| {
        let day = |(day, views): &(&str, u64)| {
            json!({"project": "fr.wikipedia", "article": "Globex_France", "granularity": "daily",
                "timestamp": format!("{day}00"), "access": "all-access", "agent": "user", "views": views})
        };
        json!({"items": views.iter().map(day).collect::<Vec<_>>()}).to_string()
    };
    let first = days(&[("20260227", 40), ("20260228", 50), ("20260301", 900)]);
    scenario.publisher.publish(&path("Globex_France", "20250302", "20260301"), &first);
    fail(&scenario, &path("Acme", "20250302", "20260301"), 404, "{\"title\":\"Not found.\"}");
    let round = poll(&scenario);
    assert_eq!(round["new_mentions"], 0);
    assert!(round["note"].as_str().unwrap().contains("`fr.wikipedia Acme`: server answered 404"), "{round}");
    let shown = |scenario: &Scenario| scenario.run(&["sources", "attention", "--json"]).ok().json();
    let article = &shown(&scenario)["articles"][0];
    assert_eq!(article["article"], "fr.wikipedia Globex France");
    assert_eq!(article["usual"], 50);
    assert_eq!(article["days"][2], json!({"day": "2026-03-01", "views": 900}));

    // Two days on, only the last days are asked for; a day that was counted again is there once.
    scenario.at("2026-03-04T08:00:00Z");
    let later = days(&[("20260301", 910), ("20260302", 60), ("20260303", 55)]);
    scenario.publisher.publish(&path("Globex_France", "20260226", "20260303"), &later);
    poll(&scenario);
    let days: Vec<Value> = shown(&scenario)["articles"][0]["days"].as_array().unwrap().clone();
    let views: Vec<&Value> = days.iter().map(|day| &day["views"]).collect();
    assert_eq!(views, [40, 50, 910, 60, 55]);
    let text = scenario.run(&["sources", "attention"]).ok().stdout;
    assert!(text.contains("2026-03-03"), "{text}");
}

/// A kind, its lines, and the address of its one request.
const ONE_REQUEST: [(&str, &str, &str); 8] = [
    ("hacker-news", "search = \"Acme\"", HN),
    ("mastodon", "tag = \"acme\"", "/api/v1/timelines/tag/acme?limit=40"),
    ("bluesky", "account = \"a.example\"", "/xrpc/app.bsky.feed.getAuthorFeed?actor=a.example&limit=30"),
    ("reddit", "search = \"Acme\"", "/search.rss?q=Acme&sort=new"),
    ("wordpress", "search = \"Acme\"", "/?s=Acme&feed=rss2"),
    (
        "gdelt",
        "search = \"Acme\"",
        "/api/v2/doc/doc?query=Acme&mode=artlist&format=json&maxrecords=250&timespan=1d&sort=datedesc",
    ),
    ("app-store", "app = \"us/1\"", "/us/rss/customerreviews/page=1/id=1/sortby=mostrecent/json"),
    (
        "wikipedia",
        "search = \"Acme\"",
        "/api/rest_v1/metrics/pageviews/per-article/en.wikipedia/all-access/user/Acme/daily/20250302/20260301",
    ),
];

#[test]
fn whatever_a_place_answers_instead_is_told_and_nothing_is_made_up() {
    let page = "<!DOCTYPE html><html><head><title>Un instant…</title></head><body>Acme</body></html>";
    for (kind, lines, path) in ONE_REQUEST {
        for (status, body, state, why) in [
            (429, "", "throttled", "asked to wait 7200 s"),
            (503, "", "throttled", "asked to wait"),
            (401, "{\"error\":\"This method requires an authenticated user\"}", "blocked", "wants a login"),
            (403, page, "blocked", "forbidden"),
            (404, "", "broken", "not found"),
            (500, page, "broken", "internal error"),
            (200, page, "broken", "an HTML page (“Un instant…”)"),
            (200, "", "broken", "an empty answer"),
            (200, "{\"error\":\"bad\",\"message\":\"Acme is unknown\"}", "broken", "Acme is unknown"),
            (200, "{\"hits\": [{\"title\": \"Acme", "broken", "valid JSON"),
        ] {
            let scenario = scenario(kind, lines);
            fail(&scenario, path, status, body);
            let case = format!("{kind}, {status} {body}");
            let round = scenario.run(&["poll", "--json"]).ok().json()["sources"][0].clone();
            assert_eq!(round["outcome"], "failed", "{case}: {round}");
            let health = health(&scenario);
            assert_eq!(health["state"], state, "{case}: {health}");
            assert!(health["note"].as_str().unwrap().contains(why), "{case}: {health}");
            assert_eq!(health["mentions"], 0, "{case}");
            assert_eq!(scenario.publisher.asked(path), 1, "{case}");
            let again = health["next_poll"].as_str().unwrap();
            assert!(again >= "2026-03-02T08:30:00Z", "it is left alone for a while: {case}: {again}");
        }
    }
}

#[test]
fn one_request_that_fails_leaves_the_others_what_they_brought() {
    let scenario = scenario("hacker-news", "search = \"{brand}\"");
    fail(&scenario, HN_GLOBEX, 500, "");
    scenario.publisher.publish(HN, &hits(&[hit(11, 1_772_300_000, "Acme ships")], 1));
    let round = poll(&scenario);
    assert_eq!((&round["outcome"], &round["new_mentions"]), (&json!("read"), &json!(1)));
    assert_eq!(round["note"], "`\"Globex France\"`: server answered 500 (internal error)");
    let health = health(&scenario);
    assert_eq!((&health["state"], &health["note"]), (&json!("ok"), &round["note"]));
}

#[test]
fn a_place_that_asks_to_wait_is_asked_nothing_more() {
    let scenario = scenario("mastodon", "tag = \"acme, velo, panne\"");
    fail(&scenario, "/api/v1/timelines/tag/acme?limit=40", 429, "");
    poll(&scenario);
    for tag in ["velo", "panne"] {
        assert_eq!(scenario.publisher.asked(&format!("/api/v1/timelines/tag/{tag}?limit=40")), 0);
    }
    let health = health(&scenario);
    assert_eq!(
        (&health["state"], &health["next_poll"]),
        (&json!("throttled"), &json!("2026-03-02T10:00:00Z"))
    );
}

#[test]
fn many_searches_take_turns() {
    let tags: Vec<String> = (0..20).map(|n| format!("acme{n}")).collect();
    let mut scenario = scenario("mastodon", &format!("tag = \"{}\"", tags.join(", ")));
    let path = |tag: &String| format!("/api/v1/timelines/tag/{tag}?limit=40");
    for tag in &tags {
        scenario.publisher.publish(&path(tag), "[]");
    }
    let asked =
        |scenario: &Scenario| tags.iter().filter(|tag| scenario.publisher.asked(&path(tag)) > 0).count();
    poll(&scenario);
    assert_eq!(asked(&scenario), 12);
    scenario.at("2026-03-02T10:00:00Z");
    poll(&scenario);
    assert_eq!(asked(&scenario), 20);
}

const TOKEN: &str = "5ec0e7c0ffee";

#[test]
fn a_reddit_token_is_sent_and_shows_nowhere() {
    let lines = "search = \"{brand}\"\ntoken_env = \"VIGIE_TEST_REDDIT\"";
    let scenario = scenario("reddit", lines);
    let held = format!("feed={TOKEN}&user=acme");
    let with_token = |args: &[&str]| {
        let mut command = scenario.command(args);
        command.env("VIGIE_TEST_REDDIT", &held).env("VIGIE_LOG", "trace");
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        String::from_utf8(said).unwrap()
    };
    let path = format!("/search.rss?q=Acme+OR+%22Globex+France%22&sort=new&{held}");
    // It repeats the address it was asked by, as servers do.
    let document = format!(
        "<feed xmlns=\"http://www.w3.org/2005/Atom\"><link rel=\"self\" href=\"https://www.reddit.com{0}\"/>\
         <title>{TOKEN}</title><entry><author><name>/u/lea</name></author><content type=\"html\">Acme {TOKEN}</content>\
         <id>t3_1</id><link href=\"/r/velo/1?feed={TOKEN}\"/><title>Acme</title>\
         <published>2026-03-01T10:00:00+00:00</published></entry></feed>",
        path.replace('&', "&amp;")
    );
    scenario.publisher.publish(&path, &document);
    let mut said = String::new();
    for args in [
        &["-vv", "poll"][..],
        &["sources", "test", "place"],
        &["sources", "test", "place", "--json"],
        &["sources", "health", "--json"],
        &["sources", "list"],
        &["sources", "presets", "reddit"],
        &["export", "*"],
        &["check"],
    ] {
        said += &with_token(args);
    }
    assert_eq!(scenario.publisher.asked(&path), 3, "{said}");
    fail(&scenario, &path, 429, &document);
    said += &with_token(&["-vv", "poll", "--all"]);
    said += &with_token(&["sources", "health"]);
    assert!(said.contains("asked to wait"), "{said}");
    assert!(!said.contains(TOKEN), "{said}");
    let mut folders = vec![scenario.data_dir()];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().flatten().map(|file| file.path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes.windows(TOKEN.len()).any(|window| window == TOKEN.as_bytes());
            assert!(!found, "{}", path.display());
        }
    }

    // Without the variable nothing is asked, and the reason is told.
    let asked = scenario.publisher.asked("/search.rss?q=Acme+OR+%22Globex+France%22&sort=new");
    let round = poll(&scenario);
    let note = round["note"].as_str().unwrap();
    assert!(note.contains("`VIGIE_TEST_REDDIT` (`token_env`) is not set"), "{note}");
    assert_eq!(scenario.publisher.asked("/search.rss?q=Acme+OR+%22Globex+France%22&sort=new"), asked);
}

#[test]
fn a_test_of_a_preset_shows_each_request() {
    let scenario = scenario("hacker-news", "search = \"{brand}\"");
    scenario.publisher.publish(HN, &hits(&[hit(11, 1_772_300_000, "Acme ships")], 1));
    let shown = scenario.run(&["sources", "test", "place"]).ok().stdout;
    assert!(shown.contains(&format!("Acme: 1 entry\n    {}{HN}", scenario.publisher.base_url)), "{shown}");
    assert!(shown.contains("\"Globex France\": server answered 404"), "{shown}");
    assert!(shown.contains("1 entry, 1 names a brand"), "{shown}");
    let json = scenario.run(&["sources", "test", "place", "--json"]).ok().json();
    assert_eq!(json["requests"][0]["request"], "Acme");
    assert!(!scenario.data_dir().join("mentions.db").exists(), "a test stores nothing");
}

#[test]
fn the_host_of_a_preset_is_private_unless_allowed() {
    let scenario = scenario("hacker-news", "search = \"Acme\"");
    let config = std::fs::read_to_string(scenario.path().join("feeds.toml")).unwrap();
    scenario.configure(&config.replace("allow_private = true", ""));
    let warned = scenario.run(&["check"]).ok();
    assert!(
        format!("{}{}", warned.stdout, warned.stderr).contains("leads to the local network"),
        "{}",
        warned.stdout
    );
    poll(&scenario);
    assert_eq!(health(&scenario)["state"], "blocked");
    assert_eq!(scenario.publisher.asked(HN), 0);
}

#[test]
fn every_known_place_is_listed() {
    let scenario = Scenario::new("");
    let view = scenario.run(&["sources", "presets", "--json"]).ok().json();
    let presets = view["presets"].as_array().unwrap();
    assert_eq!(presets.len(), 21);
    let text = scenario.run(&["sources", "presets"]).ok().stdout;
    for preset in presets {
        let kind = preset["kind"].as_str().unwrap();
        assert!(text.contains(kind));
        // What one place's page shows is a configuration.
        let page = scenario.run(&["sources", "presets", kind]).ok().stdout;
        let (_, block) = page.split_once("\n\n").unwrap();
        scenario.configure(&format!("{BRANDS}{block}"));
        let checked = scenario.run(&["check", "--json"]).ok().json();
        assert_eq!(checked["ok"], true, "{block}\n{checked}");
    }
    assert_eq!(scenario.run(&["sources", "presets", "facebook"]).code, 2);
}
