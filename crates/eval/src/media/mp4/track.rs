//! The movie box: which track is the video, its codec, orientation and edit.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};

use super::super::h264::{AvcConfiguration, ColourTags};
use super::super::{MediaError, MediaLimits};
use super::boxes::{BoxName, Boxes, Fields};
use super::samples::{FragmentDefaults, Sample, SampleList};
use verilume_frame::Orientation;

/// The largest movie or fragment box, bytes: the index of ten minutes is below 1 MiB.
const MAX_INDEX_BYTES: u64 = 32 << 20;

/// The most boxes at the top level of a file: a live recording writes two a second.
const MAX_TOP_LEVEL_BOXES: u32 = 100_000;

/// Bytes of a visual sample entry before its own boxes.
const VISUAL_ENTRY_BYTES: usize = 78;

pub(super) enum Codec {
    H264(AvcConfiguration),
    Jpeg,
    /// Not decoded here.
    Other(&'static str),
}

pub(super) struct Track {
    pub(super) codec: Codec,
    /// Ticks a second.
    pub(super) timescale: u32,
    pub(super) orientation: Orientation,
    pub(super) colour: ColourTags,
    /// Ticks that are shown; `None` shows all.
    edit: Option<Edit>,
    pub(super) has_ignored_edits: bool,
    pub(super) has_ignored_matrix: bool,
}

/// The part of the track that is presented, in its ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Edit {
    start: i64,
    end: i64,
}

impl Track {
    pub(super) fn shows(&self, shown_at: i64) -> bool {
        self.edit.is_none_or(|edit| (edit.start..edit.end).contains(&shown_at))
    }
}

/// Finds the video track and its samples, without reading the media data.
pub(super) fn read(
    file: &mut File,
    file_len: u64,
    limits: &MediaLimits,
) -> Result<(Track, Vec<Sample>), MediaError> {
    let mut found: Option<Found> = None;
    let mut at = 0;
    for _ in 0..MAX_TOP_LEVEL_BOXES {
        let Some((name, header_len, len)) = read_header(file, at, file_len)? else {
            break;
        };
        let is_cut = at.saturating_add(len) > file_len;
        match (&name, &mut found) {
            (b"moov", None) => {
                if is_cut {
                    return Err(MediaError::truncated("the file ends inside its index"));
                }
                let moov = read_body(file, at + header_len, len - header_len)?;
                found = Some(Found::in_movie(&moov, limits)?);
            }
            (b"moof", Some(found)) if !is_cut => {
                let moof = read_body(file, at + header_len, len - header_len)?;
                found.samples.read_fragment(&moof, at, found.track_id, found.defaults)?;
            }
            _ => {}
        }
        at = at.saturating_add(len);
    }
    let Some(found) = found else {
        return Err(MediaError::truncated("the index (moov) is missing: the recording was not finished"));
    };
    let (mut track, samples) = (found.track, found.samples.finish());
    if !samples.is_empty() && !samples.iter().any(|sample| track.shows(sample.shown_at)) {
        (track.edit, track.has_ignored_edits) = (None, true);
    }
    Ok((track, samples))
}

/// A top-level box's name, the length of its header and its whole length; `None` at the end of the file.
fn read_header(file: &mut File, at: u64, file_len: u64) -> Result<Option<(BoxName, u64, u64)>, MediaError> {
    if file_len.saturating_sub(at) < 8 {
        return Ok(None);
    }
    let mut header = Vec::new();
    file.seek(SeekFrom::Start(at)).map_err(MediaError::from_io)?;
    file.take(16).read_to_end(&mut header).map_err(MediaError::from_io)?;
    let fields = Fields::of(&header);
    let Some((name, len)) = fields.name(4).zip(fields.u32(0)) else {
        return Ok(None);
    };
    let (header_len, len) = match len {
        0 => (8, file_len - at),
        1 => match fields.u64(8) {
            Some(len) => (16, len),
            None => return Ok(None),
        },
        len => (8, u64::from(len)),
    };
    if len < header_len {
        return Err(MediaError::corrupt_video("the MP4 structure is damaged"));
    }
    Ok(Some((name, header_len, len)))
}

fn read_body(file: &mut File, at: u64, len: u64) -> Result<Vec<u8>, MediaError> {
    if len > MAX_INDEX_BYTES {
        return Err(MediaError::corrupt_video("the MP4 index is impossibly large"));
    }
    let mut body = Vec::new();
    file.seek(SeekFrom::Start(at)).map_err(MediaError::from_io)?;
    file.take(len).read_to_end(&mut body).map_err(MediaError::from_io)?;
    Ok(body)
}

struct Found {
    track: Track,
    track_id: u32,
    defaults: FragmentDefaults,
    samples: SampleList,
}

impl Found {
    fn in_movie(moov: &[u8], limits: &MediaLimits) -> Result<Self, MediaError> {
        let is_video = |trak: &&[u8]| {
            let handler = Boxes::find_path(trak, &[b"mdia", b"hdlr"]);
            handler.and_then(|handler| Fields::of(handler).name(8)) == Some(*b"vide")
        };
        let mut traks = Boxes::of(moov).filter(|(name, _)| name == b"trak").map(|(_, body)| body);
        let Some(trak) = traks.find(is_video) else {
            return Err(MediaError::new(super::MediaErrorKind::NoFrames, "the file has no video track"));
        };
        let damaged = || MediaError::corrupt_video("the description of the video track is damaged");
        let (track, track_id) = parse_track(moov, trak).ok_or_else(damaged)?;
        let mut samples = SampleList::new(limits);
        samples.read_tables(Boxes::find_path(trak, &[b"mdia", b"minf", b"stbl"]).ok_or_else(damaged)?)?;
        let defaults = FragmentDefaults::parse(moov, track_id).unwrap_or_default();
        Ok(Self { track, track_id, defaults, samples })
    }
}

fn parse_track(moov: &[u8], trak: &[u8]) -> Option<(Track, u32)> {
    let media_header = Fields::of(Boxes::find_path(trak, &[b"mdia", b"mdhd"])?);
    let timescale = media_header.u32(if media_header.version()? == 1 { 20 } else { 12 })?;
    if timescale == 0 {
        return None;
    }
    let header = Fields::of(Boxes::find(trak, b"tkhd")?);
    let is_long = header.version()? == 1;
    let track_id = header.u32(if is_long { 20 } else { 12 })?;
    let matrix = matrix_at(header, if is_long { 52 } else { 40 })?;

    let movie_header = Fields::of(Boxes::find(moov, b"mvhd")?);
    let is_long = movie_header.version()? == 1;
    let movie_timescale = movie_header.u32(if is_long { 20 } else { 12 })?;
    let movie_matrix = matrix_at(movie_header, if is_long { 48 } else { 36 })?;
    let orientation = Orientation::from_matrix(product(matrix, movie_matrix));

    let (codec, colour) = parse_description(Boxes::find_path(trak, &[b"mdia", b"minf", b"stbl", b"stsd"])?)?;
    let edits =
        Boxes::find_path(trak, &[b"edts", b"elst"]).map(|list| parse_edits(list, timescale, movie_timescale));
    let (edit, has_ignored_edits) = match edits {
        None => (None, false),
        Some(Ok(edit)) => (edit, false),
        Some(Err(NotATrim)) => (None, true),
    };
    let track = Track {
        codec,
        timescale,
        orientation: orientation.unwrap_or_default(),
        colour,
        edit,
        has_ignored_edits,
        has_ignored_matrix: orientation.is_none(),
    };
    Some((track, track_id))
}

/// The signs of a, b, c, d of a 3x3 matrix.
fn matrix_at(fields: Fields<'_>, at: usize) -> Option<[i32; 4]> {
    let sign = |index: usize| fields.i32(at + 4 * index).map(i32::signum);
    Some([sign(0)?, sign(1)?, sign(3)?, sign(4)?])
}

/// First `a`, then `b`.
fn product([a, b, c, d]: [i32; 4], [e, f, g, h]: [i32; 4]) -> [i32; 4] {
    [a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h]
}

/// The edit list is more than a delay and a trim.
struct NotATrim;

/// The part that is shown. An empty edit (a delay) counts for nothing: time begins with the first frame.
fn parse_edits(list: &[u8], timescale: u32, movie_timescale: u32) -> Result<Option<Edit>, NotATrim> {
    let fields = Fields::of(list);
    let is_long = fields.version() == Some(1);
    let entries: Vec<_> = if is_long {
        let entries = fields.table::<20>(4);
        entries
            .filter_map(|entry| Some((entry.u64(0)?, entry.u64(8)?.cast_signed(), entry.u32(16)?)))
            .collect()
    } else {
        let entries = fields.table::<12>(4);
        entries
            .filter_map(|entry| Some((entry.u32(0)?.into(), entry.i32(4)?.into(), entry.u32(8)?)))
            .collect()
    };
    let mut shown = entries.iter().filter(|(_, media_time, _)| *media_time >= 0);
    let Some((duration, start, rate)) = shown.next().copied() else {
        return Ok(None);
    };
    if shown.next().is_some() || rate != 0x1_0000 {
        return Err(NotATrim);
    }
    // The duration is in the coarser ticks of the movie: up to one of them is rounding.
    let ticks = (u128::from(duration) + 1) * u128::from(timescale) / u128::from(movie_timescale.max(1));
    let ticks = if duration == 0 { i64::MAX } else { i64::try_from(ticks).unwrap_or(i64::MAX) };
    Ok(Some(Edit { start, end: start.saturating_add(ticks) }))
}

/// The codec and colour of the first sample description.
fn parse_description(stsd: &[u8]) -> Option<(Codec, ColourTags)> {
    let entry_count = Fields::of(stsd).u32(4)?;
    let (name, entry) = Boxes::of(stsd.get(8..)?).next()?;
    if entry_count > 1 {
        return Some((Codec::Other("video of several codecs"), ColourTags::default()));
    }
    let boxes = entry.get(VISUAL_ENTRY_BYTES..)?;
    let codec = match &name {
        b"avc1" | b"avc3" => Codec::H264(AvcConfiguration::parse(Boxes::find(boxes, b"avcC")?)?),
        b"jpeg" | b"mjpg" => Codec::Jpeg,
        b"hvc1" | b"hev1" | b"dvh1" | b"dvhe" => Codec::Other("HEVC"),
        b"vp08" | b"vp09" => Codec::Other("VP9"),
        b"av01" => Codec::Other("AV1"),
        b"mp4v" => Codec::Other("MPEG-4 part 2"),
        b"apch" | b"apcn" | b"apcs" | b"apco" | b"ap4h" => Codec::Other("ProRes"),
        b"encv" => Codec::Other("encrypted video"),
        _ => Codec::Other("video of another codec"),
    };
    let colour = Boxes::find(boxes, b"colr").and_then(parse_colour).unwrap_or_default();
    Some((codec, colour))
}

fn parse_colour(colr: &[u8]) -> Option<ColourTags> {
    let fields = Fields::of(colr);
    let kind = fields.name(0)?;
    if !matches!(&kind, b"nclx" | b"nclc") {
        return None;
    }
    let full_range = (&kind == b"nclx").then(|| fields.u8(10).map(|flags| flags & 0x80 != 0)).flatten();
    Some(ColourTags { matrix: u8::try_from(fields.u16(8)?).ok(), full_range })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_edits(entries: &[(u32, i32, u32)], expected: Option<Option<(i64, i64)>>) {
        let mut list = vec![0, 0, 0, 0];
        list.extend(u32::try_from(entries.len()).unwrap().to_be_bytes());
        for (duration, media_time, rate) in entries {
            list.extend(duration.to_be_bytes());
            list.extend(media_time.to_be_bytes());
            list.extend(rate.to_be_bytes());
        }
        let got = parse_edits(&list, 30_000, 1000).ok().map(|edit| edit.map(|edit| (edit.start, edit.end)));
        assert_eq!(got, expected);
    }

    #[test]
    fn an_edit_list_is_a_delay_and_a_trim_or_is_ignored() {
        const ONE: u32 = 0x1_0000;
        check_edits(&[], Some(None));
        check_edits(&[(500, -1, ONE)], Some(None));
        check_edits(&[(500, -1, ONE), (1000, 2000, ONE)], Some(Some((2000, 32_030))));
        check_edits(&[(0, 2000, ONE)], Some(Some((2000, i64::MAX))));
        check_edits(&[(10, 0, ONE), (10, 600, ONE)], None);
        check_edits(&[(10, 0, ONE / 2)], None);
    }
}
