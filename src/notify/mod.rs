//! Telling people: one enum of ways, each with one outside world.
//!
//! A delivery is tried once; what it answers says whether to try again later or to turn to the next
//! notifier at once. What a notification says never reaches the log.

mod command;
mod desktop;

use std::time::Duration;

use crate::model::{Channel, Notification, NotifierConfig};

pub use command::Command;
pub use desktop::Desktop;

/// A way to reach a person.
#[derive(Debug)]
pub enum Notifier {
    Desktop(Desktop),
    Command(Command),
    Memory(Memory),
}

/// What became of one attempt. `why` is for people: one line, no secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    Delivered,
    /// It may work later.
    Retry {
        after: Duration,
        why: String,
    },
    /// It will not work as things are (no bus, no daemon, no such program): try the next notifier now.
    Unavailable {
        why: String,
    },
}

impl Notifier {
    pub fn new(config: &NotifierConfig) -> Self {
        match &config.channel {
            Channel::Desktop => Notifier::Desktop(Desktop::default()),
            Channel::Command { argv } => Notifier::Command(Command::new(argv.clone())),
        }
    }

    pub async fn deliver(&mut self, notification: &Notification) -> Delivery {
        match self {
            Notifier::Desktop(desktop) => desktop.deliver(notification).await,
            Notifier::Command(command) => command.deliver(notification).await,
            Notifier::Memory(memory) => memory.deliver(notification),
        }
    }
}

/// Keeps what it is given, so that a run can be looked at afterwards; answers as it is told to.
#[derive(Debug, Default)]
pub struct Memory {
    pub delivered: Vec<Notification>,
    /// Given instead of a delivery while set.
    pub answer: Option<Delivery>,
}

impl Memory {
    fn deliver(&mut self, notification: &Notification) -> Delivery {
        if let Some(answer) = &self.answer {
            return answer.clone();
        }
        self.delivered.push(notification.clone());
        Delivery::Delivered
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{NotifierId, Severity};

    #[tokio::test]
    async fn a_notifier_is_what_its_channel_says() {
        let notifier = |channel| Notifier::new(&NotifierConfig { id: NotifierId::new("n"), channel });
        assert!(matches!(notifier(Channel::Desktop), Notifier::Desktop(_)));
        let news = Notification {
            key: "k".into(),
            alert: None,
            severity: Severity::Low,
            title: "t".into(),
            body: "b".into(),
        };
        let argv = vec!["true".to_owned()];
        assert_eq!(notifier(Channel::Command { argv }).deliver(&news).await, Delivery::Delivered);

        let mut memory =
            Memory { answer: Some(Delivery::Unavailable { why: "off".into() }), ..Memory::default() };
        assert_eq!(memory.deliver(&news), Delivery::Unavailable { why: "off".into() });
        memory.answer = None;
        assert_eq!(memory.deliver(&news), Delivery::Delivered);
        assert_eq!(memory.delivered, [news]);
    }
}
