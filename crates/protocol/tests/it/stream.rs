//! Decoding: bounded, forward compatible, and never a panic.

use proptest::prelude::*;
use verilume_protocol::errors::ErrorCode;
use verilume_protocol::stream::*;

use crate::fixtures::{client_messages, server_messages};

/// A field of number 200 that holds a text: what a later version could add.
const LATER_FIELD: [u8; 6] = [0xc2, 0x0c, 0x03, b'n', b'e', b'w'];

type Named = (&'static str, ClientMessage);

fn limits() -> DecodeLimits {
    DecodeLimits::default()
}

/// The bytes of a message of one kind (its number below 16, its length below 128) with another field inside.
fn with_later_field(bytes: &[u8]) -> Vec<u8> {
    let length = bytes[1] + 2 * 6;
    assert!(length < 128 && usize::from(bytes[1]) == bytes.len() - 2, "a short message");
    [&[bytes[0], length], &bytes[2..], &LATER_FIELD, &LATER_FIELD].concat()
}

#[test]
fn what_a_later_version_adds_is_passed_over() {
    for (name, message) in client_messages().into_iter().filter(|(name, _)| *name != "hello") {
        let bytes = with_later_field(message.encode().as_bytes());
        assert_eq!(ClientMessage::decode(&bytes, &limits()).unwrap(), message, "{name}");
    }
    for bytes in [&[][..], &LATER_FIELD] {
        assert_eq!(ClientMessage::decode(bytes, &limits()).unwrap(), ClientMessage::Unknown);
        assert_eq!(ServerMessage::decode(bytes, &limits()).unwrap(), ServerMessage::Unknown);
    }
    // A pause for a reason of number 99.
    let pause = ClientMessage::decode(&[0x3a, 0x02, 0x08, 99], &limits()).unwrap();
    assert_eq!(pause, ClientMessage::Pause(PauseReason::Unknown));
}

#[track_caller]
fn check_client(change: impl FnOnce(&mut Vec<Named>), expected: StreamErrorKind) {
    let mut messages = client_messages();
    change(&mut messages);
    let error = messages
        .iter()
        .find_map(|(_, message)| ClientMessage::decode(message.encode().as_bytes(), &limits()).err())
        .expect("one of the messages is refused");
    assert_eq!(error.kind(), expected);
}

fn hello(messages: &mut [Named]) -> &mut Hello {
    let found = messages.iter_mut().find_map(|(_, message)| match message {
        ClientMessage::Hello(hello) => Some(hello.as_mut()),
        _ => None,
    });
    found.expect("there is a hello")
}

fn frame(messages: &mut [Named]) -> &mut Frame {
    let found = messages.iter_mut().find_map(|(_, message)| match message {
        ClientMessage::Frame(frame) => Some(frame),
        _ => None,
    });
    found.expect("there is a frame")
}

#[test]
fn fields_that_cannot_be_are_refused() {
    use StreamErrorKind::{FieldMissing, OutOfRange, TooLarge, VersionUnsupported};
    check_client(|all| hello(all).token = SessionToken::new(""), FieldMissing);
    check_client(|all| hello(all).token = SessionToken::new("x".repeat(4097)), TooLarge);
    check_client(|all| hello(all).protocol_version = 0, VersionUnsupported);
    check_client(|all| hello(all).device.model = "x".repeat(257), TooLarge);
    check_client(|all| hello(all).device_correlation_id = "x".repeat(65), TooLarge);
    check_client(|all| hello(all).camera.frames_per_second = f32::NAN, OutOfRange);
    check_client(|all| hello(all).risk_hints = vec![RiskHint::Rooted; 17], TooLarge);
    check_client(|all| frame(all).jpeg = JpegBytes::new(Vec::new()), FieldMissing);
    check_client(|all| frame(all).jpeg = JpegBytes::new(vec![0; (256 << 10) + 1]), TooLarge);
    check_client(|all| frame(all).phase = Phase::Slot(16), OutOfRange);
    check_client(|all| frame(all).crop_in_image.width = 471, OutOfRange);
    check_client(|all| frame(all).crop_in_image.height = 0, OutOfRange);
    check_client(|all| frame(all).crop_in_image.x = u32::MAX, OutOfRange);
    check_client(|all| frame(all).image_size = (100_000, 100_000), TooLarge);
}

#[test]
fn a_plan_that_would_flash_too_often_does_not_decode() {
    let (_, plan) = server_messages().remove(0);
    let bytes = plan.encode().into_vec();
    // The slot's length, 500 ms, is the second field of the profile.
    let at = bytes.windows(3).position(|field| field == [0x10, 0xf4, 0x03]).expect("the length of a slot");
    let mut fast = bytes.clone();
    fast[at + 1..at + 3].copy_from_slice(&[0xf9, 0x01]);
    assert_eq!(ServerMessage::decode(&fast, &limits()).unwrap_err().kind(), StreamErrorKind::OutOfRange);
    let mut short = bytes;
    short[at - 1] = 10;
    let error = ServerMessage::decode(&short, &limits()).unwrap_err();
    assert_eq!(error.kind(), StreamErrorKind::OutOfRange, "ten slots, twelve commitments: {error}");
}

#[test]
fn a_message_over_the_limit_is_not_looked_at() {
    let limits = DecodeLimits::with_max_frame_bytes(1000);
    let bytes = vec![0xff; limits.max_message_bytes() + 1];
    for error in [
        ClientMessage::decode(&bytes, &limits).unwrap_err(),
        ServerMessage::decode(&bytes, &limits).unwrap_err(),
    ] {
        assert_eq!(error.kind(), StreamErrorKind::TooLarge);
        assert_eq!(error.code(), ErrorCode::MessageTooLarge);
    }
}

#[test]
fn no_message_prints_its_pixels_or_its_token() {
    let mut messages = client_messages();
    frame(&mut messages).jpeg = JpegBytes::new(vec![201; 5]);
    let printed = format!("{messages:?}");
    assert!(!printed.contains("201, 201") && !printed.contains("c2ln"), "{printed}");
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = ClientMessage::decode(&bytes, &limits());
        let _ = ServerMessage::decode(&bytes, &limits());
    }

    #[test]
    fn damaged_messages_never_panic_and_what_decodes_encodes(
        which in 0usize..12, at in any::<prop::sample::Index>(), value: u8, cut in any::<prop::sample::Index>(),
    ) {
        let client = client_messages();
        let server = server_messages();
        let mut bytes = if which < client.len() {
            client[which].1.encode().into_vec()
        } else {
            server[which - client.len()].1.encode().into_vec()
        };
        let length = bytes.len();
        bytes[at.index(length)] = value;
        if value.is_multiple_of(3) {
            bytes.truncate(cut.index(length));
        }
        if let Ok(message) = ClientMessage::decode(&bytes, &limits()) {
            let again = ClientMessage::decode(message.encode().as_bytes(), &limits()).unwrap();
            prop_assert_eq!(message, again);
        }
        if let Ok(message) = ServerMessage::decode(&bytes, &limits()) {
            let again = ServerMessage::decode(message.encode().as_bytes(), &limits()).unwrap();
            prop_assert_eq!(message, again);
        }
    }
}
