//! Which addresses belong to the public internet.
use std::net::IpAddr;

pub fn is_public(address: IpAddr) -> bool {
    let _ = address;
    todo!()
}
