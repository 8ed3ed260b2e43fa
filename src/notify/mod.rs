//! Telling people and programs: one enum of ways, each with one outside world.
//!
//! A delivery is tried once; what it answers says whether it may work later, and whether others may. What a
//! notification says never reaches the log, and neither does a secret.

mod command;
mod desktop;
mod email;
mod format;
mod object;
mod plain;
mod secret;
mod webhook;

use std::time::Duration;

use crate::model::{Channel, Notification, NotifierConfig, Timestamp};

pub use command::Command;
pub use desktop::Desktop;
pub use email::Email;
pub use webhook::Webhook;

/// A way to reach a person or a program.
#[derive(Debug)]
pub enum Notifier {
    Desktop(Desktop),
    Command(Command),
    Webhook(Webhook),
    Email(Email),
    Memory(Memory),
}

/// What became of one attempt. `why` is for people: one line, no secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    Delivered,
    /// It may work later, for this notification and any other.
    Retry {
        /// As the receiver asked.
        after: Option<Duration>,
        why: String,
    },
    /// It will not work as things are (no bus, no daemon, no such program, no password).
    Unavailable {
        why: String,
    },
    /// The receiver works, and would not take this notification.
    Refused {
        why: String,
    },
}

impl Notifier {
    pub fn new(config: &NotifierConfig) -> Self {
        match &config.channel {
            Channel::Desktop => Notifier::Desktop(Desktop::default()),
            Channel::Command { argv } => Notifier::Command(Command::new(argv.clone())),
            Channel::Webhook(webhook) => Notifier::Webhook(Webhook::new(webhook.clone())),
            Channel::Email(email) => Notifier::Email(Email::new(email.clone())),
        }
    }

    pub async fn deliver(&mut self, notification: &Notification, now: Timestamp) -> Delivery {
        match self {
            Notifier::Desktop(desktop) => desktop.deliver(notification).await,
            Notifier::Command(command) => command.deliver(notification).await,
            Notifier::Webhook(webhook) => webhook.deliver(notification, now).await,
            Notifier::Email(email) => email.deliver(notification, now).await,
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
mod testing;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::NotifierId;

    #[tokio::test]
    async fn a_notifier_is_what_its_channel_says() {
        let notifier =
            |channel| Notifier::new(&NotifierConfig { id: NotifierId::new("n"), channel, quiet: None });
        assert!(matches!(notifier(Channel::Desktop), Notifier::Desktop(_)));
        let news = testing::notification();
        let argv = vec!["true".to_owned()];
        let mut command = notifier(Channel::Command { argv });
        assert_eq!(command.deliver(&news, news.at).await, Delivery::Delivered);

        let mut memory =
            Memory { answer: Some(Delivery::Unavailable { why: "off".into() }), ..Memory::default() };
        assert_eq!(memory.deliver(&news), Delivery::Unavailable { why: "off".into() });
        memory.answer = None;
        assert_eq!(memory.deliver(&news), Delivery::Delivered);
        assert_eq!(memory.delivered, [news]);
    }
}
