#![no_main]

#[path = "../laws.rs"]
#[allow(dead_code, reason = "each target asks for one law")]
mod laws;

libfuzzer_sys::fuzz_target!(
    // A panic of feed-rs that the reader catches is no finding; one that gets through still ends the run.
    init: std::panic::set_hook(Box::new(|_| {})),
    |input: &[u8]| laws::feed(input)
);
