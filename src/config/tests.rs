//! The whole of a configuration, from text to values or problems.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

const WHOLE: &str = r##"
[settings]
timezone = "Europe/Paris"
language = "fr"
data_dir = "index"
contact = "https://example.org/bot"
keep = "14d"
retention = "2y"
concurrency = 16
host_pause = "1s"
model = "tone.onnx"
include = ["rules.d/*.toml"]

[[brand]]
id = "acme"
name = "Acme"
role = "own"
aliases = ["Acme", "Acme Corp", "#acme", "@acme"]
exact = ["ACME"]
query = 'acme NEAR/5 (vélo OR bike)'
context = 'vélo OR bike OR velo.example'
exclude = '"acme corp jobs" OR coyote'
domains = ["acme.example"]
accounts = ["@acme@mastodon.example"]

[[brand]]
id = "globex"
role = "competitor"

[[source]]
id = "ecodaily"
url = "https://news.example/feed.xml"
every = "30m"
tags = ["press", "fr"]
allow_private = false
enabled = true

[[source]]
id = "hn"
kind = "hacker-news"
search = "{brand}"
tags = ["forum"]

[[query]]
id = "jobs"
text = 'recrute OR hiring OR "offre d’emploi"'

[[query]]
id = "outage"
text = '(panne OR outage OR "hors service") AND NOT @jobs'
brands = ["acme", "globex"]

[[rule]]
id = "acme-spike"
kind = "negative-buzz"
brands = ["acme"]
query = "outage"
window = "auto"
budget = "1/week"
count = "stories"
min = 3
min_sources = 1
triggers = ["boycott", "rappel"]
for = "0m"
cooldown = "6h"
late = "48h"
undated = "ignore"
severity = "high"
notify = ["desktop", "team"]
playbook = "docs/charte.md#bad-buzz"

[[rule]]
id = "voices"
kind = "share-shift"

[[rule]]
id = "recall"
kind = "pattern"
text = 'rappel'

[[notifier]]
id = "desktop"
kind = "desktop"
quiet = "22:00-07:00"

[[notifier]]
id = "team"
kind = "webhook"
format = "slack"
url_env = "TEAM_WEBHOOK_URL"

[[notifier]]
id = "mail"
kind = "email"
host = "mail.example"
port = 587
user = "me"
password_env = "MAIL_PASSWORD"
from = "me@example.org"
to = ["you@example.org"]

[[notifier]]
id = "say"
kind = "command"
argv = ["spd-say", "-e"]

[[digest]]
id = "weekly"
every = "week"
at = "Mon 08:00"
notify = ["team"]

[[goal]]
brand = "acme"
metric = "share"
target = 0.35
by = "2027-06-30"

[tone]
negative = ["rappel produit"]
positive = []
"##;

fn file(path: &str, text: &str) -> File {
    File { path: path.into(), text: text.into() }
}

#[track_caller]
fn check_problems(text: &str, expect: Expect) {
    let files = [file("feeds.toml", text)];
    expect.assert_eq(&show(&check(&files).problems, &files, false));
}

/// A brand and a source, so that a test sees its own problems only.
fn with_basics(text: &str) -> String {
    format!(
        "brand = [{{ id = \"acme\" }}]\nsource = [{{ id = \"news\", url = \"https://a.example/f\" }}]\n{text}"
    )
}

#[track_caller]
fn check_more(text: &str, expect: Expect) {
    check_problems(&with_basics(text), expect);
}

#[test]
fn every_key_is_accepted_and_what_is_not_in_effect_says_so() {
    let checked = check(&[file("feeds.toml", WHOLE)]);
    let told: Vec<String> =
        checked.problems.iter().map(|p| format!("{} {}", p.severity.as_str(), p.message)).collect();
    expect![[r#"
        warning rule `acme-spike`: `triggers` is accepted but not yet in effect"#]]
    .assert_eq(&told.join("\n"));

    let config = checked.config.unwrap();
    assert_eq!(config.settings.timezone_name, "Europe/Paris");
    assert_eq!(config.brands[1].aliases, ["globex"]);
    assert_eq!(config.sources.len(), 2);
    assert_eq!(config.sources[1].shown_address(), "hacker-news: search Acme, globex");
    assert_eq!(config.queries[1].brands.as_ref().unwrap().len(), 2);
    let subjects: Vec<(String, String)> =
        config.subjects().into_iter().skip(2).map(|counted| (counted.id, counted.query.text)).collect();
    let outage =
        r#"(brand:acme) ((panne OR outage OR "hors service") NOT (recrute OR hiring OR "offre emploi"))"#;
    assert_eq!(subjects, [("dated:outage".to_owned(), outage.to_owned())]);
    assert_eq!((config.notifiers.len(), config.digests.len()), (4, 1));
    let [buzz, voices, recall] = &config.rules[..] else { panic!("{:?}", config.rules) };
    expect![[r#"
        id = "acme-spike"
        kind = "negative-buzz"
        brands = ["acme"]
        query = "outage"
        text = '(panne OR outage OR "hors service") AND NOT @jobs'
        window = "auto"
        budget = "1/week"
        count = "stories"
        min = 3
        min_sources = 1
        triggers = ["boycott", "rappel"]
        for = "0s"
        cooldown = "21600s"
        late = "172800s"
        undated = "ignore"
        severity = "high"
        notify = ["desktop", "team"]
        playbook = "docs/charte.md#bad-buzz""#]]
    .assert_eq(&buzz.canonical);
    assert_eq!(voices.brands, [crate::model::BrandId::new("globex")], "a competitor's");
    assert!(voices.canonical.contains("among = [\"acme\", \"globex\"]"), "{}", voices.canonical);
    expect![[r#"
        id = "recall"
        kind = "pattern"
        brands = ["acme"]
        text = "rappel"
        window = "auto"
        count = "stories"
        min = 1
        min_sources = 1
        for = "0s"
        cooldown = "21600s"
        late = "172800s"
        undated = "observed"
        severity = "normal"
        notify = ["desktop", "team", "mail", "say"]"#]]
    .assert_eq(&recall.canonical);
}

#[test]
fn all_problems_are_told_at_once_each_in_its_place() {
    check_problems(
        r#"
[settings]
timezone = "Europe/Pari"
concurency = 4
host_pause = 1

[[brand]]
id = "acme"
alias = ["Acme"]
query = 'acme AND "data breach'
roles = "own"

[[brand]]
id = "acme"
role = "rival"

[[source]]
id = "news"
url = "news.example/feed"
every = "30 minutes"

[[rule]]
id = "spike"
kind = "spikes"
brands = ["acmee"]
notify = ["desktop"]
budget = "1"

[[sources]]
id = "x"
"#,
        expect![[r#"
            feeds.toml:3:12: settings: `timezone` cannot be `Europe/Pari`
              timezone = "Europe/Pari"
                         ^^^^^^^^^^^^^ did you mean `Europe/Paris`?
            feeds.toml:4:1: settings: unknown key `concurency`
              concurency = 4
              ^^^^^^^^^^ did you mean `concurrency`?
            feeds.toml:5:14: settings: `host_pause` must be a string, not an integer
              host_pause = 1
                           ^ write a duration such as `90s`, `15m`, `6h`, `7d`, `2w` or `P1W`
            feeds.toml:9:1: brand `acme`: unknown key `alias`
              alias = ["Acme"]
              ^^^^^ did you mean `aliases`?
            feeds.toml:10:19: brand `acme`: `query`: this quote is never closed
              query = 'acme AND "data breach'
                                ^ write `"` where the phrase ends, `\"` for a literal quote
            feeds.toml:11:1: brand `acme`: unknown key `roles`
              roles = "own"
              ^^^^^ did you mean `role`?
            feeds.toml:14:6: brand `acme`: this id is taken
              id = "acme"
                   ^^^^^^ it is first used at feeds.toml:8; choose another
            feeds.toml:15:8: brand `acme`: `role` cannot be `rival`
              role = "rival"
                     ^^^^^^^ one of `own`, `competitor`, `partner`, `topic`
            feeds.toml:19:7: source `news`: `url` cannot be `news.example/feed`
              url = "news.example/feed"
                    ^^^^^^^^^^^^^^^^^^^ write the whole address: `https://news.example/feed`
            feeds.toml:20:9: source `news`: `every` cannot be `30 minutes`
              every = "30 minutes"
                      ^^^^^^^^^^^^ write a duration such as `90s`, `15m`, `6h`, `7d`, `2w` or `P1W`
            feeds.toml:24:8: rule `spike`: `kind` cannot be `spikes`
              kind = "spikes"
                     ^^^^^^^^ did you mean `spike`?
            feeds.toml:25:11: rule `spike`: no brand `acmee`
              brands = ["acmee"]
                        ^^^^^^^ did you mean `acme`?
            feeds.toml:26:11: rule `spike`: no notifier `desktop`
              notify = ["desktop"]
                        ^^^^^^^^^ add a `[[notifier]]` with `id = "desktop"`
            feeds.toml:27:10: rule `spike`: `budget` cannot be `1`
              budget = "1"
                       ^^^ write how many false alarms are fine, such as `1/week`, `2/month` or `1/day`
            feeds.toml:29:3: unknown key `sources`
              [[sources]]
                ^^^^^^^ did you mean `source`?
        "#]],
    );
}

#[test]
fn a_syntax_error_is_one_problem_with_its_place() {
    check_problems(
        "[settings]\ntimezone = Europe/Paris\nx = 1\n",
        expect![[r#"
            feeds.toml:2:12: string values must be quoted
              timezone = Europe/Paris
                         ^^^^^^^^^^^^ put it in quotes
        "#]],
    );
}

#[test]
fn wrong_types() {
    check_more(
        "[settings]\nconcurrency = \"many\"\ninclude = \"x.toml\"\n[[query]]\nid = 3\ntext = []\n[tone]\nnegative = [1]\n[rule]\nid = \"r\"\nkind = 1\n",
        expect![[r#"
            feeds.toml:4:15: settings: `concurrency` must be a whole number, not a string
              concurrency = "many"
                            ^^^^^^ write a whole number from 1 to 256
            feeds.toml:5:11: settings: `include` must be an array of strings, not a string
              include = "x.toml"
                        ^^^^^^^^ write `include = ["x.toml"]`
            feeds.toml:7:6: query: `id` must be a string, not an integer
              id = 3
                   ^ write `id = "3"`
            feeds.toml:8:8: query: `text` must be a string, not an array
              text = []
                     ^^ write `text = "…"`
            feeds.toml:10:13: tone: `negative` must hold strings, not an integer
              negative = [1]
                          ^ put it in quotes
            feeds.toml:11:1: `rule` is a list of tables
              [rule]
              ^^^^^^ write `[[rule]]` with double brackets
            feeds.toml:13:8: rule `r`: `kind` must be a string, not an integer
              kind = 1
                     ^ write `kind = "1"`
        "#]],
    );
}

#[test]
fn addresses_that_cannot_be_polled() {
    check_problems(
        r#"
brand = [{ id = "acme" }]
[[source]]
id = "a"
[[source]]
id = "b"
url = "http://127.0.0.1/f"
[[source]]
id = "c"
url = "https://a.example/f"
every = "1s"
[[source]]
id = "d"
url = "https://a.example/f"
search = "x"
[[source]]
id = "e"
url = "https://a.example/?q={brand}"
[[source]]
id = "f"
kind = "hacker-news"
url = "https://a.example/g"
"#,
        expect![[r#"
            feeds.toml:3:1: source `a`: it has neither `url` nor `kind`
              [[source]]
              ^^^^^^^^^^ add `url = "https://news.example/feed.xml"`
            feeds.toml:7:7: warning: source `b`: this address leads to the local network and is refused
              url = "http://127.0.0.1/f"
                    ^^^^^^^^^^^^^^^^^^^^ add `allow_private = true` if it is meant
            feeds.toml:11:9: warning: source `c`: publishers dislike to be asked this often
              every = "1s"
                      ^^^^ `15m` or longer is polite
            feeds.toml:14:7: warning: source `d`: `c` has the same address
              url = "https://a.example/f"
                    ^^^^^^^^^^^^^^^^^^^^^ each of its entries would be kept twice; drop one of the two
            feeds.toml:15:1: source `d`: `search` means something only beside `kind`
              search = "x"
              ^^^^^^ drop it, or name a preset by `kind`
            feeds.toml:18:7: source `e`: `url` cannot be `https://a.example/?q={brand}`
              url = "https://a.example/?q={brand}"
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `{brand}` works in `search`; an address is taken as it is
            feeds.toml:21:8: source `f`: it has both `url` and `kind`
              kind = "hacker-news"
                     ^^^^^^^^^^^^^ a plain feed has `url`, a preset has `kind`: keep one
        "#]],
    );
}

#[test]
fn rules_whose_parts_do_not_fit() {
    check_problems(
        r#"
source = [{ id = "news", url = "https://a.example/f" }]
brand = [{ id = "globex", role = "competitor" }, { id = "!", aliases = ["?!"] }, { id = "void", aliases = [] }]
[[rule]]
id = "a"
kind = "spike"
[[rule]]
id = "b"
kind = "spike"
brands = ["globex"]
query = "outage"
text = 'panne'
triggers = ["x"]
notify = []
[[rule]]
id = "c"
kind = "pattern"
brands = []
window = "90s"
min = 0
[[notifier]]
id = "say"
kind = "command"
"#,
        expect![[r#"
            feeds.toml:3:57: brand `!`: this cannot be an id
              brand = [{ id = "globex", role = "competitor" }, { id = "!", aliases = ["?!"] }, { id = "void", alia…
                                                                      ^^^ an id is made of letters, digits, `-`, `_` and `.`
            feeds.toml:3:73: brand `!`: `?!` has no letter or digit to listen for
              brand = [{ id = "globex", role = "competitor" }, { id = "!", aliases = ["?!"] }, { id = "void", alia…
                                                                                      ^^^^ write a word, or use `query` with `raw:`
            feeds.toml:3:107: brand `void`: nothing is ever a mention of it
              …= "competitor" }, { id = "!", aliases = ["?!"] }, { id = "void", aliases = [] }]
                                                                                          ^^ give `aliases`, `exact` or `query`
            feeds.toml:11:9: rule `b`: no query `outage`
              query = "outage"
                      ^^^^^^^^ add a `[[query]]` with `id = "outage"`
            feeds.toml:12:1: rule `b`: it has both `query` and `text`
              text = 'panne'
              ^^^^ keep one
            feeds.toml:13:1: warning: rule `b`: `triggers` does nothing in a rule of this kind
              triggers = ["x"]
              ^^^^^^^^ drop the line
            feeds.toml:18:10: rule `c`: `brands` is empty
              brands = []
                       ^^ name a brand, or drop the line: every own one
            feeds.toml:19:10: rule `c`: `window` cannot be `90s`
              window = "90s"
                       ^^^^^ write quarters of an hour, up to five days: windows consist of them
            feeds.toml:20:7: rule `c`: `min` is out of range
              min = 0
                    ^ write a whole number from 1 to 1000000
            feeds.toml:21:1: notifier `say`: it names no program
              [[notifier]]
              ^^^^^^^^^^^^ add `argv = ["program", "argument"]`
        "#]],
    );
}

#[test]
fn a_query_is_marked_inside_its_quotes() {
    check_more(
        "[[query]]\nid = \"q\"\ntext = \"\\u00e9t\\u00e9 AND \\\"x\"\n",
        expect![[r#"
            feeds.toml:5:27: query `q`: `text`: this quote is never closed
              text = "\u00e9t\u00e9 AND \"x"
                                        ^^ write `"` where the phrase ends, `\"` for a literal quote
        "#]],
    );
}

#[test]
fn saved_queries_that_cite_each_other_in_a_ring_are_told() {
    check_more(
        "query = [{ id = \"a\", text = 'x OR @b' }, { id = \"b\", text = 'y OR @a' }, { id = \"c\", text = '@d' }]\n",
        expect![[r#"
            feeds.toml:3:35: query `a`: `text`: saved query `b` cites itself: b → a → b
              query = [{ id = "a", text = 'x OR @b' }, { id = "b", text = 'y OR @a' }, { id = "c", text = '@d' }]
                                                ^^ take one of the citations out
            feeds.toml:3:67: query `b`: `text`: saved query `a` cites itself: a → b → a
              query = [{ id = "a", text = 'x OR @b' }, { id = "b", text = 'y OR @a' }, { id = "c", text = '@d' }]
                                                                                ^^ take one of the citations out
            feeds.toml:3:94: query `c`: `text`: no saved query `d`
              …", text = 'x OR @b' }, { id = "b", text = 'y OR @a' }, { id = "c", text = '@d' }]
                                                                                          ^^ did you mean `@a`?
        "#]],
    );
}

#[test]
fn an_empty_file_says_what_to_add() {
    check_problems(
        "",
        expect![[r#"
        feeds.toml:1:1: warning: there is no brand to listen for
          add a `[[brand]]` with `id = "acme"`, or start with `vigie init`
        feeds.toml:1:1: warning: there is no source to listen to
          add a `[[source]]` with `id = "news"` and `url = "https://…"`
    "#]],
    );
    assert!(check(&[file("feeds.toml", "")]).config.is_some());
}

#[test]
fn included_files_add_to_the_main_one() {
    let main = with_basics("[settings]\ninclude = [\"rules.d/*.toml\"]\n");
    assert_eq!(includes(&main), ["rules.d/*.toml"]);
    let rule = "[[rule]]\nid = \"spike\"\nkind = \"spike\"\n";
    let files = [file("feeds.toml", &main), file("rules.d/a.toml", rule)];
    let checked = check(&files);
    assert_eq!(checked.problems, []);
    assert_eq!(checked.config.unwrap().rules.len(), 1);

    let files = [
        file("feeds.toml", &main),
        file("rules.d/a.toml", &format!("{rule}[settings]\nlanguage = \"fr\"\n")),
        file("rules.d/b.toml", rule),
    ];
    expect![[r#"
        rules.d/a.toml:4:1: `[settings]` stands in two files
          [settings]
          ^^^^^^^^^^ put it all into the one at feeds.toml:3
        rules.d/b.toml:2:6: rule `spike`: this id is taken
          id = "spike"
               ^^^^^^^ it is first used at rules.d/a.toml:2; choose another
    "#]]
    .assert_eq(&show(&check(&files).problems, &files, false));
}

#[test]
fn the_listening_hash_changes_with_what_is_a_mention_and_with_nothing_else() {
    let hash = |text: &str| check(&[file("feeds.toml", text)]).config.unwrap().listening_hash();
    let base = hash(WHOLE);
    for (from, to, same) in [
        ("concurrency = 16", "concurrency = 4", true),
        ("every = \"30m\"", "every = \"1h\"", true),
        ("role = \"own\"", "role = \"partner\"", true),
        ("\"#acme\"", "\"#akme\"", false),
        ("tags = [\"press\", \"fr\"]", "tags = [\"press\"]", false),
        ("tags = [\"press\", \"fr\"]", "", false),
        ("OR coyote", "OR wolf", false),
        ("recrute OR", "embauche OR", false),
        ("[\"acme.example\"]", "[\"acme.test\"]", false),
    ] {
        // A brand more, so that no rule is left without an own one.
        let other = format!("[[brand]]\nid = \"own\"\n{WHOLE}");
        let (base, text) =
            if to.contains("partner") { (hash(&other), &other) } else { (base.clone(), &WHOLE.to_string()) };
        assert!(text.contains(from), "{from}");
        assert_eq!(hash(&text.replace(from, to)) == base, same, "{to}");
    }
}

#[test]
fn the_example_at_the_root_is_without_a_flaw() {
    let files = [file("feeds.toml", include_str!("../../feeds.toml"))];
    let checked = check(&files);
    assert_eq!(show(&checked.problems, &files, false), "");
    let config = checked.config.unwrap();
    assert!(config.sources.len() >= 10 && config.brands.len() >= 3 && config.rules.len() >= 3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_text_makes_it_panic(
        cuts in prop::collection::vec((0usize..3000, 0usize..40, "[\\[\\]\"'=a-z0-9\\\\\n{}.#é ]{0,6}"), 1..4),
    ) {
        let mut text = WHOLE.to_string();
        for (at, length, put) in cuts {
            let start = text.floor_char_boundary(at.min(text.len()));
            let end = text.ceil_char_boundary((start + length).min(text.len()));
            text.replace_range(start..end, &put);
        }
        let files = [file("feeds.toml", &text)];
        let checked = check(&files);
        let errors = checked.problems.iter().any(|problem| problem.severity == Severity::Error);
        prop_assert_eq!(checked.config.is_none(), errors);
        for problem in &checked.problems {
            prop_assert!(problem.line >= 1 && problem.column >= 1);
        }
        show(&checked.problems, &files, true);
        includes(&text);
    }
}

#[test]
fn notifiers_and_digests_are_told_what_they_lack() {
    check_more(
        r#"
[[notifier]]
id = "team"
kind = "webhook"
format = "slack"
secret_env = "S"
argv = ["x"]

[[notifier]]
id = "hook"
kind = "webhook"
url_env = "https://hooks.example/x"
url_file = "hook.url"

[[notifier]]
id = "mail"
kind = "email"
host = "mail.example"
user = "me"
encryption = "none"
from = "not an address"

[[notifier]]
id = "open"
kind = "email"
host = "mail.example"
user = "me"
password_file = "password"
encryption = "none"
from = "Me <me@a.example>"
to = ["a@b.example", "x@y@z"]

[[digest]]
id = "d"
every = "day"
at = "Mon 08:00"
notify = []
"#,
        expect![[r#"
            feeds.toml:4:1: notifier `team`: it has no address
              [[notifier]]
              ^^^^^^^^^^^^ put the address into an environment variable or a file, since who knows it can write to you, and add `url_env = "NAME"` or `url_file = "PATH"`
            feeds.toml:8:1: warning: notifier `team`: `secret_env` does nothing in this format
              secret_env = "S"
              ^^^^^^^^^^ drop the line: only `json` and `ntfy` have a secret
            feeds.toml:9:1: warning: notifier `team`: `argv` does nothing in a notifier of this kind
              argv = ["x"]
              ^^^^ drop the line, or is it a `command`?
            feeds.toml:14:11: notifier `hook`: `url_env` is the name of an environment variable, not what it holds
              url_env = "https://hooks.example/x"
                        ^^^^^^^^^^^^^^^^^^^^^^^^^ write a name such as `VIGIE_URL`, and set that
            feeds.toml:15:1: notifier `hook`: it has both `url_env` and `url_file`
              url_file = "hook.url"
              ^^^^^^^^ keep one
            feeds.toml:17:1: notifier `mail`: it names nobody to write to
              [[notifier]]
              ^^^^^^^^^^^^ add `to = ["me@example.org"]`
            feeds.toml:21:1: notifier `mail`: `user` has no password
              user = "me"
              ^^^^ add `password_env = "NAME"` or `password_file = "PATH"`
            feeds.toml:23:8: notifier `mail`: `not an address` is no mail address
              from = "not an address"
                     ^^^^^^^^^^^^^^^^ write `name@example.org` or `Name <name@example.org>`
            feeds.toml:31:14: warning: notifier `open`: the password is sent in the open
              encryption = "none"
                           ^^^^^^ write `encryption = "starttls"`
            feeds.toml:33:22: notifier `open`: `x@y@z` is no mail address
              to = ["a@b.example", "x@y@z"]
                                   ^^^^^^^ write `name@example.org` or `Name <name@example.org>`
            feeds.toml:38:6: digest `d`: a daily digest comes every day
              at = "Mon 08:00"
                   ^^^^^^^^^^^ write the time alone, such as `at = "08:00"`
            feeds.toml:39:10: warning: digest `d`: nobody is told
              notify = []
                       ^^ name a notifier: `notify = ["mail"]`
        "#]],
    );
}

#[test]
fn a_mail_server_is_spoken_to_as_its_place_suggests() {
    let email = |more: &str| {
        let text = format!(
            "[[notifier]]\nid = \"m\"\nkind = \"email\"\nfrom = \"a@b.example\"\nto = [\"c@d.example\"]\n{more}"
        );
        let config = check(&[file("feeds.toml", &with_basics(&text))]).config.unwrap();
        match &config.notifiers[0].channel {
            crate::model::Channel::Email(email) => format!("{:?} {}", email.encryption, email.port),
            other => panic!("{other:?}"),
        }
    };
    for (more, expected) in [
        ("host = \"mail.example\"", "StartTls 587"),
        ("host = \"mail.example\"\nport = 25", "StartTls 25"),
        ("host = \"mail.example\"\nport = 465", "Tls 465"),
        ("host = \"mail.example\"\nencryption = \"tls\"", "Tls 465"),
        ("host = \"mail.example\"\nencryption = \"none\"", "None 25"),
        ("host = \"localhost\"", "None 25"),
        ("host = \"::1\"\nport = 2525", "None 2525"),
    ] {
        assert_eq!(email(more), expected, "{more}");
    }
}
