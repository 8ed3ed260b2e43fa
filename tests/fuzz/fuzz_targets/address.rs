#![no_main]

#[path = "../laws.rs"]
#[allow(dead_code, reason = "each target asks for one law")]
mod laws;

libfuzzer_sys::fuzz_target!(|input: &[u8]| laws::address(input));
