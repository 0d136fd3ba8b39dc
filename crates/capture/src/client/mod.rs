//! The client: one capture after another, each from its start to exactly one terminal event.

mod messages;
mod run;

use std::collections::VecDeque;

use verilume_frame::Timestamp;

use crate::{CaptureConfig, CaptureState, Input, Output, ScreenColours, ScreenStep, StateChange};
use run::Run;

/// A capturing client. Give it every input with the time, and do what it asks for until it asks for nothing.
#[derive(Debug)]
pub struct CaptureClient {
    config: CaptureConfig,
    now: Timestamp,
    run: Option<Run>,
    out: VecDeque<Output>,
    /// The step on the screen, or about to be.
    step: Option<ScreenStep>,
}

impl CaptureClient {
    /// A client that does nothing yet.
    pub fn new(config: CaptureConfig) -> Self {
        Self { config, now: Timestamp::default(), run: None, out: VecDeque::new(), step: None }
    }

    /// How it captures.
    pub fn config(&self) -> &CaptureConfig {
        &self.config
    }

    /// Where the running capture is; `None` if none runs.
    pub fn state(&self) -> Option<CaptureState> {
        self.run.as_ref().map(Run::state)
    }

    /// The next thing to do; `None` when there is nothing.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// What the screen has to show at a moment, for displays that ask rather than follow [`Output::Screen`]; `None`
    /// outside of an attempt.
    pub fn screen_at(&self, now: Timestamp) -> Option<ScreenColours> {
        self.step.map(|step| step.colours_at(now, step.begins_at))
    }

    /// Takes an input. Time that goes backwards stands still.
    pub fn handle(&mut self, input: Input<'_>, now: Timestamp) {
        self.now = self.now.max(now);
        match (&mut self.run, input) {
            (None, Input::Start(request)) => {
                self.run = Some(Run::start(self.config, request, self.now, &mut self.out));
            }
            (Some(run), input) => {
                let before = self.out.len();
                if let Err(terminal) = run.step(input, self.now, &mut self.out) {
                    let done = StateChange { state: CaptureState::Done, since: self.now, ends_at: None };
                    self.out.push_back(Output::State(done));
                    self.out.push_back(Output::Terminal(terminal));
                    self.run = None;
                }
                self.note_screen(before);
            }
            (None, _) => {}
        }
    }

    fn note_screen(&mut self, from: usize) {
        for output in self.out.iter().skip(from) {
            match output {
                Output::Screen(step) => self.step = Some(*step),
                Output::ScreenOff => self.step = None,
                _ => {}
            }
        }
    }
}
