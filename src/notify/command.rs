//! A program of the user's.
use super::Delivery;
use crate::model::Notification;

#[derive(Debug)]
pub struct Command {
    argv: Vec<String>,
}

impl Command {
    pub fn new(argv: Vec<String>) -> Self {
        Self { argv }
    }

    pub(super) async fn deliver(&mut self, notification: &Notification) -> Delivery {
        let _ = (notification, &self.argv);
        todo!()
    }
}
