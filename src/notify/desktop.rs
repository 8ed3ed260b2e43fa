//! The desktop.
use super::Delivery;
use crate::model::Notification;

#[derive(Debug, Default)]
pub struct Desktop {}

impl Desktop {
    pub(super) async fn deliver(&mut self, notification: &Notification) -> Delivery {
        let _ = notification;
        todo!()
    }
}
