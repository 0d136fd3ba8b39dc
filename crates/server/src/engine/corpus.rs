//! The files of the fuzzer's corpus, written by an honest client and some dishonest ones.

use verilume_protocol::stream::{Abort, AbortReason, ClientMessage, Frame, PauseReason, Phase};

use super::pair::Pair;

/// What a client says.
type Say = fn(&mut Pair);

/// `VERILUME_WRITE_CORPUS=1` writes them anew after a change of the
/// protocol.
#[test]
fn the_corpus_has_the_streams_of_today() {
    let streams: [(&str, Say); 5] = [
        ("decided-after-one-attempt", Pair::whole_attempt),
        ("decided-after-a-pause", |pair| {
            pair.start();
            pair.hold();
            pair.say(ClientMessage::Pause(PauseReason::Hidden));
            pair.pass(500);
            pair.say(ClientMessage::Resume);
            pair.whole_attempt();
        }),
        ("refused-frames-out-of-order", |pair| {
            pair.start();
            pair.hold();
            let frame = Frame { sequence: 0, ..pair.next_frame(Phase::Hold) };
            pair.say(ClientMessage::Frame(frame));
        }),
        ("refused-slot-not-revealed", |pair| {
            pair.start();
            let frame = pair.next_frame(Phase::Slot(3));
            pair.say(ClientMessage::Frame(frame));
        }),
        ("canceled", |pair| {
            pair.start();
            let abort = Abort { attempt: 1, reason: AbortReason::UserCanceled, ends_session: true };
            pair.say(ClientMessage::Abort(abort));
        }),
    ];
    for (name, run) in streams {
        let mut pair = Pair::new(3);
        run(&mut pair);
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/stream/").to_owned() + name;
        if std::env::var_os("VERILUME_WRITE_CORPUS").is_some() {
            std::fs::write(&path, &pair.said).unwrap();
        }
        assert!(std::fs::read(&path).is_ok_and(|bytes| bytes == pair.said), "{name} is out of date");
    }
}
