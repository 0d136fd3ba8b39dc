//! Where each frame lies in the file and when it is shown: the sample tables, and the fragments.

use super::super::input::MAX_ENCODED_BYTES;
use super::super::{MediaError, MediaLimits};
use super::boxes::{Boxes, Fields};

/// One encoded frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sample {
    /// From the beginning of the file, bytes.
    pub(super) offset: u64,
    /// Bytes.
    pub(super) len: u32,
    /// In ticks of the track's timescale.
    pub(super) shown_at: i64,
    /// The earliest time at which this sample or one decoded after it is shown.
    pub(super) earliest_shown_from_here: i64,
}

/// The samples of a track as they are found.
pub(super) struct SampleList {
    samples: Vec<Sample>,
    decoded_at: i64,
    total_bytes: u64,
    limits: MediaLimits,
}

impl SampleList {
    pub(super) fn new(limits: &MediaLimits) -> Self {
        Self { samples: Vec::new(), decoded_at: 0, total_bytes: 0, limits: limits.clone() }
    }

    fn push(&mut self, offset: u64, len: u32, duration: u32, shown_after: i32) -> Result<(), MediaError> {
        self.total_bytes += u64::from(len);
        if self.samples.len() as u64 >= self.limits.max_frames {
            return Err(self.limits.frames_error());
        }
        if len as usize > MAX_ENCODED_BYTES || self.total_bytes > self.limits.max_bytes {
            return Err(MediaError::corrupt_video("the index gives a frame an impossible size"));
        }
        let shown_at = self.decoded_at.saturating_add(shown_after.into());
        self.samples.push(Sample { offset, len, shown_at, earliest_shown_from_here: shown_at });
        self.decoded_at = self.decoded_at.saturating_add(duration.into());
        Ok(())
    }

    /// The list with [`Sample::earliest_shown_from_here`] filled in.
    pub(super) fn finish(mut self) -> Vec<Sample> {
        let mut earliest = i64::MAX;
        for sample in self.samples.iter_mut().rev() {
            earliest = earliest.min(sample.shown_at);
            sample.earliest_shown_from_here = earliest;
        }
        self.samples
    }

    /// Reads the tables of a `stbl` box.
    pub(super) fn read_tables(&mut self, stbl: &[u8]) -> Result<(), MediaError> {
        self.try_read_tables(stbl)?
            .ok_or_else(|| MediaError::corrupt_video("the index of the video is incomplete"))
    }

    fn try_read_tables(&mut self, stbl: &[u8]) -> Result<Option<()>, MediaError> {
        let table = |name| Boxes::find(stbl, name).map(Fields::of);
        let Some(sizes) = table(b"stsz") else {
            return Ok(None);
        };
        let (Some(constant_len), Some(count)) = (sizes.u32(4), sizes.u32(8)) else {
            return Ok(None);
        };
        if count == 0 {
            return Ok(Some(()));
        }
        if u64::from(count) > self.limits.max_frames {
            return Err(self.limits.frames_error());
        }
        let mut lens = sizes.table::<4>(8).map(|entry| entry.u32(0).unwrap_or(0));
        let mut next_len = || {
            if constant_len == 0 { lens.next() } else { Some(constant_len) }
        };

        let (Some(times), Some(chunk_runs)) = (table(b"stts"), table(b"stsc")) else {
            return Ok(None);
        };
        let mut durations = runs(times.table::<8>(4));
        let mut shown_after = runs(table(b"ctts").into_iter().flat_map(|offsets| offsets.table::<8>(4)));
        let chunk_offsets: Box<dyn Iterator<Item = u64>> = match (table(b"stco"), table(b"co64")) {
            (Some(offsets), _) => {
                Box::new(offsets.table::<4>(4).filter_map(|entry| entry.u32(0)).map(u64::from))
            }
            (None, Some(offsets)) => Box::new(offsets.table::<8>(4).filter_map(|entry| entry.u64(0))),
            (None, None) => return Ok(None),
        };
        let mut chunk_runs =
            chunk_runs.table::<12>(4).filter_map(|entry| Some((entry.u32(0)?, entry.u32(4)?))).peekable();
        let mut samples_per_chunk = 0;
        let mut left = count;
        for (chunk, chunk_offset) in (1..).zip(chunk_offsets) {
            while let Some((_, per_chunk)) = chunk_runs.next_if(|(first_chunk, _)| *first_chunk <= chunk) {
                samples_per_chunk = per_chunk;
            }
            let mut offset = chunk_offset;
            for _ in 0..samples_per_chunk.min(left) {
                let Some(len) = next_len() else {
                    return Ok(None);
                };
                let duration = durations.next().unwrap_or(0);
                self.push(offset, len, duration, shown_after.next().unwrap_or(0).cast_signed())?;
                offset = offset.saturating_add(len.into());
                left -= 1;
            }
            if left == 0 {
                return Ok(Some(()));
            }
        }
        Ok(None)
    }

    /// Reads a movie fragment: `moof` begins at `moof_offset` in the file, `defaults` are from its `trex`.
    pub(super) fn read_fragment(
        &mut self,
        moof: &[u8],
        moof_offset: u64,
        track_id: u32,
        defaults: FragmentDefaults,
    ) -> Result<(), MediaError> {
        for (_, traf) in Boxes::of(moof).filter(|(name, _)| name == b"traf") {
            self.read_track_fragment(traf, moof_offset, track_id, defaults)?
                .ok_or_else(|| MediaError::corrupt_video("a fragment of the video is damaged"))?;
        }
        Ok(())
    }

    fn read_track_fragment(
        &mut self,
        traf: &[u8],
        moof_offset: u64,
        track_id: u32,
        mut defaults: FragmentDefaults,
    ) -> Result<Option<()>, MediaError> {
        let Some(header) = FragmentHeader::parse(traf, &mut defaults) else {
            return Ok(None);
        };
        if header.track_id != track_id {
            return Ok(Some(()));
        }
        if let Some(time) = Boxes::find(traf, b"tfdt").map(Fields::of) {
            let decoded_at = if time.version() == Some(0) { time.u32(4).map(u64::from) } else { time.u64(4) };
            let Some(decoded_at) = decoded_at.and_then(|time| i64::try_from(time).ok()) else {
                return Ok(None);
            };
            self.decoded_at = decoded_at;
        }
        let base = header.base_offset.unwrap_or(moof_offset);
        let mut offset = base;
        for (_, run) in Boxes::of(traf).filter(|(name, _)| name == b"trun") {
            let run = Fields::of(run);
            let (Some(flags), Some(count)) = (run.flags(), run.u32(4)) else {
                return Ok(None);
            };
            let mut at = 8;
            if flags & 0x1 != 0 {
                let Some(moved) = run.i32(at) else {
                    return Ok(None);
                };
                offset = base.saturating_add_signed(moved.into());
                at += 4;
            }
            at += if flags & 0x4 != 0 { 4 } else { 0 };
            for _ in 0..count {
                let mut field = |flag: u32, default: u32| {
                    if flags & flag == 0 {
                        return Some(default);
                    }
                    at += 4;
                    run.u32(at - 4)
                };
                let sample = (
                    field(0x100, defaults.duration),
                    field(0x200, defaults.len),
                    field(0x400, 0),
                    field(0x800, 0),
                );
                let (Some(duration), Some(len), Some(_flags), Some(shown_after)) = sample else {
                    return Ok(None);
                };
                self.push(offset, len, duration, shown_after.cast_signed())?;
                offset = offset.saturating_add(len.into());
            }
        }
        Ok(Some(()))
    }
}

/// What a fragment does not say itself.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct FragmentDefaults {
    duration: u32,
    len: u32,
}

impl FragmentDefaults {
    /// From the `trex` box of the track, if the movie has one.
    pub(super) fn parse(moov: &[u8], track_id: u32) -> Option<Self> {
        let extends = Boxes::find(moov, b"mvex")?;
        let mut all =
            Boxes::of(extends).filter(|(name, _)| name == b"trex").map(|(_, body)| Fields::of(body));
        let of_track = all.find(|trex| trex.u32(4) == Some(track_id))?;
        Some(Self { duration: of_track.u32(12)?, len: of_track.u32(16)? })
    }
}

struct FragmentHeader {
    track_id: u32,
    base_offset: Option<u64>,
}

impl FragmentHeader {
    fn parse(traf: &[u8], defaults: &mut FragmentDefaults) -> Option<Self> {
        let header = Fields::of(Boxes::find(traf, b"tfhd")?);
        let (flags, track_id) = (header.flags()?, header.u32(4)?);
        let mut at = 8;
        let mut base_offset = None;
        if flags & 0x1 != 0 {
            base_offset = Some(header.u64(at)?);
            at += 8;
        }
        at += if flags & 0x2 != 0 { 4 } else { 0 };
        if flags & 0x8 != 0 {
            defaults.duration = header.u32(at)?;
            at += 4;
        }
        if flags & 0x10 != 0 {
            defaults.len = header.u32(at)?;
        }
        Some(Self { track_id, base_offset })
    }
}

/// Expands (count, value) pairs.
fn runs<'a>(entries: impl Iterator<Item = Fields<'a>>) -> impl Iterator<Item = u32> {
    entries.flat_map(|entry| {
        let (count, value) = (entry.u32(0).unwrap_or(0), entry.u32(4).unwrap_or(0));
        std::iter::repeat_n(value, count as usize)
    })
}
