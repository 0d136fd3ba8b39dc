//! A service that keeps the transcript and refuses what does not fit it. It looks at no pixel.

use verilume_protocol::challenge::{FlashChallenge, FlashProfile};
use verilume_protocol::stream::*;
use verilume_protocol::transcript::{FrameLink, Transcript, TranscriptOrigin};

/// What the service answers an attempt with.
pub(crate) type Judge = fn(attempt: u32) -> (Outcome, u32);

pub(crate) struct Service {
    pub(crate) profile: FlashProfile,
    pub(crate) limits: PlanLimits,
    pub(crate) guidance: GuidanceBounds,
    pub(crate) judge: Judge,
    /// Every message that came, with its size.
    pub(crate) received: Vec<(ClientMessage, usize)>,
    pub(crate) digests: Vec<String>,
    hello_sha256: [u8; 32],
    attempt: u32,
    challenge: Option<FlashChallenge>,
    transcript: Option<Transcript>,
    clock_us: u64,
}

impl Service {
    pub(crate) fn new() -> Self {
        Self {
            profile: FlashProfile::standard(),
            limits: PlanLimits::default(),
            guidance: GuidanceBounds::default(),
            judge: |_| (Outcome::Finished, 0),
            received: Vec::new(),
            digests: Vec::new(),
            hello_sha256: [0; 32],
            attempt: 0,
            challenge: None,
            transcript: None,
            clock_us: 5_000_000,
        }
    }

    /// What the service answers; panics where a client breaks the protocol.
    pub(crate) fn answer(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        self.clock_us += 1;
        let message = ClientMessage::decode(bytes, &DecodeLimits::default()).expect("clients send messages");
        self.received.push((message.clone(), bytes.len()));
        let answers = match message {
            ClientMessage::Hello(_) => {
                self.hello_sha256 = MessageBytes::hash_of(bytes);
                return vec![self.plan()];
            }
            ClientMessage::Resume => return vec![self.plan()],
            ClientMessage::Prefer(profile) => {
                self.profile = FlashProfile::by_name(&profile).unwrap_or(FlashProfile::standard());
                return vec![self.plan()];
            }
            ClientMessage::Abort(abort) if !abort.ends_session => return vec![self.plan()],
            ClientMessage::AttemptStart(start) => {
                assert_eq!(start.attempt, self.attempt);
                vec![self.reveal(), self.reveal()]
            }
            ClientMessage::Frame(frame) => {
                self.transcript().frame(&FrameLink::of(&frame)).expect("frames follow each other");
                Vec::new()
            }
            ClientMessage::SlotEnd(end) => {
                self.transcript().end_slot(&end).expect("slots end in order");
                if self.transcript().next_reveal().is_some() { vec![self.reveal()] } else { Vec::new() }
            }
            ClientMessage::AttemptEnd(end) => return self.result(&end),
            _ => Vec::new(),
        };
        answers.iter().map(|answer| answer.encode().into_vec()).collect()
    }

    fn transcript(&mut self) -> &mut Transcript {
        self.transcript.as_mut().expect("an attempt has been planned")
    }

    fn plan(&mut self) -> Vec<u8> {
        self.attempt += 1;
        let mut next = u8::try_from(self.attempt).expect("few attempts");
        let challenge = FlashChallenge::mint(self.profile, |bytes| {
            for byte in bytes {
                next = next.wrapping_mul(167).wrapping_add(13);
                *byte = next;
            }
        });
        let challenge = challenge.expect("a challenge is minted");
        let commitments = challenge.commitments();
        let plan = ServerMessage::Plan(Box::new(Plan {
            session_id: "ses-1".into(),
            attempt: self.attempt,
            attempts_left: 3,
            profile: self.profile,
            commitments: commitments.clone(),
            limits: self.limits,
            guidance: self.guidance,
        }))
        .encode();
        self.transcript = Some(Transcript::new(&TranscriptOrigin {
            session_id: "ses-1",
            attempt: self.attempt,
            hello_sha256: self.hello_sha256,
            plan_sha256: plan.sha256(),
            commitments: &commitments,
        }));
        self.challenge = Some(challenge);
        plan.into_vec()
    }

    fn reveal(&mut self) -> ServerMessage {
        let next = self.transcript().next_reveal().expect("a slot may be revealed");
        let challenge = self.challenge.as_ref().expect("an attempt has been planned");
        let reveal = Reveal { slot: challenge.reveal(next).expect("a slot"), revealed_at_us: self.clock_us };
        self.transcript().reveal(&reveal).expect("a slot that may be revealed");
        ServerMessage::Reveal(reveal)
    }

    fn result(&mut self, end: &AttemptEnd) -> Vec<Vec<u8>> {
        let digest = self.transcript().finish(end).expect("the attempt is whole");
        self.digests.push(digest.clone());
        let (outcome, attempts_left) = (self.judge)(self.attempt);
        let result = ServerMessage::AttemptResult(AttemptResult {
            attempt: self.attempt,
            outcome,
            hint: "EnvironmentNotSupported".into(),
            result_id: "res-1".into(),
            digest,
            attempts_left,
        });
        let mut answers = vec![result.encode().into_vec()];
        if outcome == Outcome::TryAgain && attempts_left > 0 {
            answers.push(self.plan());
        }
        answers
    }

    pub(crate) fn frames(&self) -> Vec<&Frame> {
        let frames = self.received.iter().filter_map(|(message, _)| match message {
            ClientMessage::Frame(frame) => Some(frame),
            _ => None,
        });
        frames.collect()
    }

    /// Bytes of everything that came.
    pub(crate) fn bytes(&self) -> usize {
        self.received.iter().map(|(_, bytes)| bytes).sum()
    }
}
