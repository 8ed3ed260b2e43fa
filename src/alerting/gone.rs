//! The notice that a publisher has taken a source down. It is told once; nobody would miss a silence.

use anyhow::Result;

use super::Standing;
use crate::model::{Notification, NotifierId, Severity, SourceId, Timestamp, Tongue};
use crate::store::{Notice, Store};

/// Queues what is to be told of sources that are gone, to every notifier.
pub(super) fn tell(store: &mut Store, standing: &Standing, now: Timestamp) -> Result<()> {
    for (source, key) in store.untold_gone()? {
        let notification = Notification {
            key,
            alert: None,
            severity: Severity::Normal,
            title: title(&source, standing.tongue),
            body: body(&source, standing.tongue),
        };
        let to = |notifier: &NotifierId| Notice {
            notifier: notifier.clone(),
            notification: notification.clone(),
            due: now,
        };
        let notices: Vec<Notice> = standing.notifiers.iter().map(to).collect();
        store.queue_notices(&notices)?;
    }
    Ok(())
}

fn title(source: &SourceId, tongue: Tongue) -> String {
    match tongue {
        Tongue::English => format!("{source} is gone"),
        Tongue::French => format!("{source} a disparu"),
    }
}

fn body(source: &SourceId, tongue: Tongue) -> String {
    match tongue {
        Tongue::English => format!(
            "The publisher has taken this source down (410 Gone); it is not polled any more. Write another \
             address into feeds.toml, or take it out.\nvigie poll --source {source} asks once more"
        ),
        Tongue::French => format!(
            "L’éditeur a retiré cette source (410 Gone) ; elle n’est plus relevée. Écrivez une autre adresse \
             dans feeds.toml, ou retirez-la.\nvigie poll --source {source} demande encore une fois"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{HealthState, Source, SourceKind, Validators};
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
            source_tags: Default::default(),
            notifiers: ["a", "b"].map(NotifierId::new).to_vec(),
            zone: jiff::tz::TimeZone::UTC,
            tongue: Tongue::English,
        };
        let told = |store: &mut Store| {
            super::super::evaluate(store, &standing, &mut Default::default(), now).unwrap();
            let due = store.due_notices(now).unwrap();
            due.iter().map(|queued| queued.notice.notifier.to_string()).collect::<Vec<_>>()
        };
        store.sync_sources(&[source("https://a.example/?token=secret")]).unwrap();
        assert_eq!(told(&mut store), [""; 0]);
        go(&mut store, now);
        assert_eq!(told(&mut store), ["a", "b"]);
        go(&mut store, now);
        assert_eq!(told(&mut store), ["a", "b"]);
        let queued = store.due_notices(now).unwrap().remove(0);
        assert!(!format!("{queued:?}").contains("secret"), "{queued:?}");
        store.sync_sources(&[source("https://b.example/")]).unwrap();
        assert_eq!(told(&mut store).len(), 2);
        go(&mut store, now);
        assert_eq!(told(&mut store).len(), 4, "another place has gone");
        store.sync_sources(&[]).unwrap();
        assert_eq!(store.untold_gone().unwrap(), []);
    }
}
