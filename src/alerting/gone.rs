//! The notice that a publisher has taken a source down. It is told once; nobody would miss a silence.

use anyhow::Result;

use super::Standing;
use crate::model::{Notification, Severity, SourceId, Timestamp, Tongue, Topic};
use crate::store::{Notice, Store};

/// Queues what is to be told of sources that are gone, to every notifier.
pub(super) fn tell(store: &mut Store, standing: &Standing, now: Timestamp) -> Result<()> {
    for (source, key) in store.untold_gone()? {
        let notification = Notification {
            key,
            topic: Topic::Source,
            alert: None,
            rule: None,
            severity: Severity::Normal,
            at: now,
            title: title(&source, standing.tongue),
            headline: None,
            body: body(standing.tongue).to_owned(),
            sections: Vec::new(),
            act: Some(format!("vigie poll --source {source}")),
            parts: Vec::new(),
        };
        store.queue_notices(&Notice::to_each(&standing.notifiers, &notification, now), None)?;
    }
    Ok(())
}

fn title(source: &SourceId, tongue: Tongue) -> String {
    format!("{source} {}", tongue.of("is gone", "a disparu"))
}

fn body(tongue: Tongue) -> &'static str {
    tongue.of(
        "The publisher has taken this source down (410 Gone); it is not polled any more. Write another address \
         into feeds.toml, take it out, or ask once more:",
        "L’éditeur a retiré cette source (410 Gone) ; elle n’est plus relevée. Écrivez une autre adresse dans \
         feeds.toml, retirez-la, ou demandez encore une fois :",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{HealthState, NotifierId, Source, SourceKind, Validators};
    use crate::store::{Outcome, QuietPoll};

    fn source(url: &str) -> Source {
        Source {
            id: SourceId::new("news"),
            kind: SourceKind::Feed { url: url.to_owned() },
            every: None,
            tags: Vec::new(),
            allow_private: false,
            enabled: true,
        }
    }

    fn go(store: &mut Store, at: Timestamp) {
        let outcome = Outcome {
            state: HealthState::Gone,
            validators: Validators::default(),
            note: None,
            problems: Vec::new(),
            learned: Default::default(),
            asked: true,
            missed_until: None,
            next_poll: None,
            listening: String::new(),
        };
        store.record_polls(&[QuietPoll { source: SourceId::new("news"), at, outcome }]).unwrap();
    }

    #[test]
    fn every_notifier_is_told_once_of_a_place_that_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let standing = Standing {
            rules: Vec::new(),
            brands: Default::default(),
            queries: Default::default(),
            triggers: Default::default(),
            source_tags: Default::default(),
            notifiers: ["a", "b"].map(NotifierId::new).to_vec(),
            zone: jiff::tz::TimeZone::UTC,
            tongue: Tongue::English,
        };
        let told = |store: &mut Store| {
            super::super::evaluate(store, &standing, &mut Default::default(), now).unwrap();
            let due = store.waiting().unwrap().notices;
            due.iter().map(|queued| queued.notice.notifier.to_string()).collect::<Vec<_>>()
        };
        store.sync_sources(&[source("https://a.example/?token=secret")]).unwrap();
        assert_eq!(told(&mut store), [""; 0]);
        go(&mut store, now);
        assert_eq!(told(&mut store), ["a", "b"]);
        go(&mut store, now);
        assert_eq!(told(&mut store), ["a", "b"]);
        let queued = store.waiting().unwrap().notices.remove(0);
        assert!(!format!("{queued:?}").contains("secret"), "{queued:?}");
        store.sync_sources(&[source("https://b.example/")]).unwrap();
        assert_eq!(told(&mut store).len(), 2);
        go(&mut store, now);
        assert_eq!(told(&mut store).len(), 4, "another place has gone");
        store.sync_sources(&[]).unwrap();
        assert_eq!(store.untold_gone().unwrap(), []);
    }
}
