//! Recognises formats by their first bytes, never by the name of the file.

use super::ffmpeg::FfmpegFormat;
use super::image_file::still_format;
use super::y4m;
use verilume_still::StillFormat;

/// What the first bytes say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Sniffed {
    /// One picture, or a GIF that moves.
    Still(StillFormat),
    /// One JPEG or Motion JPEG: what follows the first picture tells.
    Jpeg,
    Y4m,
    Avi,
    /// MP4 or QuickTime.
    IsoMedia,
    /// Decodable only with ffmpeg.
    Ffmpeg(FfmpegFormat),
    /// Recognised, and neither this build nor ffmpeg's releases in use decode it well.
    Unsupported(&'static str),
    Unknown,
}

/// `head` holds the first [`SNIFF_BYTES`](super::input::SNIFF_BYTES), or the whole input where it is shorter.
pub(super) fn sniff(head: &[u8]) -> Sniffed {
    match still_format(head) {
        Some(StillFormat::Jpeg) => return Sniffed::Jpeg,
        Some(still) => return Sniffed::Still(still),
        None => {}
    }
    if head.starts_with(y4m::SIGNATURE) {
        return Sniffed::Y4m;
    }
    if head.starts_with(b"RIFF") {
        return match head.get(8..12) {
            Some(b"AVI ") => Sniffed::Avi,
            _ => Sniffed::Unknown,
        };
    }
    if let Some(box_type) = head.get(4..8)
        && matches!(box_type, b"ftyp" | b"moov" | b"mdat" | b"wide" | b"free" | b"skip" | b"pnot")
    {
        return match head.get(8..12) {
            Some(b"heic" | b"heix" | b"heim" | b"heis" | b"mif1" | b"msf1") if box_type == b"ftyp" => {
                Sniffed::Unsupported("a HEIF image")
            }
            Some(b"avif" | b"avis") if box_type == b"ftyp" => Sniffed::Unsupported("an AVIF image"),
            _ => Sniffed::IsoMedia,
        };
    }
    by_ffmpeg(head).map_or(Sniffed::Unknown, Sniffed::Ffmpeg)
}

fn by_ffmpeg(head: &[u8]) -> Option<FfmpegFormat> {
    let by_signature: [(&[u8], FfmpegFormat); 7] = [
        (b"\x1a\x45\xdf\xa3", FfmpegFormat::MATROSKA),
        (b"FLV\x01", FfmpegFormat::FLV),
        (b"OggS", FfmpegFormat::OGG),
        (b"DKIF", FfmpegFormat::IVF),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", FfmpegFormat::ASF),
        (b"\x00\x00\x01\xba", FfmpegFormat::MPEG_PS),
        (b"\x00\x00\x00\x01\x67", FfmpegFormat::H264_STREAM),
    ];
    let found = by_signature.into_iter().find(|(signature, _)| head.starts_with(signature));
    if let Some((_, format)) = found {
        return Some(format);
    }
    let is_transport_stream = [0, 188, 376].iter().all(|at| head.get(*at) == Some(&0x47));
    is_transport_stream.then_some(FfmpegFormat::MPEG_TS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides() {
        assert_eq!(sniff(b"\x89PNG\r\n\x1a\n"), Sniffed::Still(StillFormat::Png));
        assert_eq!(sniff(b"RIFF\0\0\0\0WEBPVP8 "), Sniffed::Still(StillFormat::WebP));
        assert_eq!(sniff(b"BM\x46\0\0\0\0\0\0\0\x36"), Sniffed::Still(StillFormat::Bmp));
        assert_eq!(sniff(b"BMW and other words"), Sniffed::Unknown);
        assert_eq!(sniff(b"\xff\xd8\xff\xe0"), Sniffed::Jpeg);
        assert_eq!(sniff(b"YUV4MPEG2 W2 H2\n"), Sniffed::Y4m);
        assert_eq!(sniff(b"RIFF\0\0\0\0AVI LIST"), Sniffed::Avi);
        assert_eq!(sniff(b"\0\0\0\x18ftypmp42"), Sniffed::IsoMedia);
        assert_eq!(sniff(b"\0\0\0\x18ftypheic"), Sniffed::Unsupported("a HEIF image"));
        assert_eq!(sniff(b"\x1a\x45\xdf\xa3"), Sniffed::Ffmpeg(FfmpegFormat::MATROSKA));
        assert_eq!(sniff(b"plain text named .mp4"), Sniffed::Unknown);
        assert_eq!(sniff(b""), Sniffed::Unknown);
    }

    #[test]
    fn a_transport_stream_has_its_sync_byte_in_each_packet() {
        let mut head = vec![0; 600];
        for at in [0, 188, 376] {
            head[at] = 0x47;
        }
        assert_eq!(sniff(&head), Sniffed::Ffmpeg(FfmpegFormat::MPEG_TS));
    }
}
