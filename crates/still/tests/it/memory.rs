//! What a picture costs at most, counted in bytes that are allocated at once: a few bytes from outside must not buy many.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use image::{DynamicImage, ImageFormat, RgbImage};
use verilume_still::{StillLimits, decode};

use crate::made::*;

/// A side of the largest picture that the limits of these tests allow.
const SIDE: u32 = 1024;
/// What a picture without metadata costs at most, for each of its pixels. Origin: 13 were counted, for the coefficients of
/// a progressive JPEG of four channels beside its samples.
const BYTES_A_PIXEL: usize = 16;
/// What a file may cost whose size is refused. Origin: the decoders' own tables and buffers.
const REFUSED_BYTES: usize = 256 << 10;

thread_local! {
    /// Bytes that this thread has allocated and not freed, and the most of them since the last look.
    static NOW_AND_MOST: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

/// The system's allocator, counting for each thread: other tests run beside this one.
struct Counting;

impl Counting {
    fn count(change: impl FnOnce(usize) -> usize) {
        // Not while a thread ends.
        let _gone = NOW_AND_MOST.try_with(|counted| {
            let now = change(counted.get().0);
            counted.set((now, counted.get().1.max(now)));
        });
    }
}

#[expect(unsafe_code, reason = "an allocator is")]
// SAFETY: every call is passed on as it is; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::count(|now| now + layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        Self::count(|now| now + layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // While it moves, both are there.
        Self::count(|now| now + size);
        Self::count(|now| now.saturating_sub(layout.size()));
        // SAFETY: as the caller promises.
        unsafe { System.realloc(at, layout, size) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // It may have been allocated by another thread.
        Self::count(|now| now.saturating_sub(layout.size()));
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn limits() -> StillLimits {
    StillLimits::pixels(u64::from(SIDE * SIDE))
}

/// The most that a file may cost: what is said, and a copy of it.
fn most(bytes: &[u8]) -> usize {
    usize::try_from(limits().most_bytes()).unwrap() + bytes.len()
}

/// Whether the bytes are a picture, and the most that was allocated at once to find that out.
fn cost(bytes: &[u8], limits: &StillLimits) -> (bool, usize) {
    let before = NOW_AND_MOST.with(|counted| {
        let (now, _) = counted.get();
        counted.set((now, now));
        now
    });
    let is_picture = decode(bytes, limits).is_ok();
    (is_picture, NOW_AND_MOST.with(|counted| counted.get().1) - before)
}

/// A picture as large as it may be, with something in it.
fn large() -> DynamicImage {
    DynamicImage::ImageRgb8(RgbImage::from_fn(SIDE, SIDE, |x, y| {
        let [low, high] = ((x * 31) ^ (y * 17)).to_le_bytes()[..2] else { unreachable!() };
        image::Rgb([low, high.wrapping_mul(60), low ^ high])
    }))
}

fn jpeg(colours: jpeg_encoder::ColorType, channels: usize, is_progressive: bool) -> Vec<u8> {
    let side = u16::try_from(SIDE).unwrap();
    let samples: Vec<u8> = large().to_rgba8().as_raw()[..(SIDE * SIDE) as usize * channels].to_vec();
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 90);
    encoder.set_progressive(is_progressive);
    encoder.encode(&samples, side, side, colours).unwrap();
    bytes
}

fn large_animated_gif() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new_with_speed(&mut bytes, 30);
    let frame = large().to_rgba8();
    encoder.encode_frames([image::Frame::new(frame.clone()), image::Frame::new(frame)]).unwrap();
    drop(encoder);
    bytes
}

/// Pictures at the limit, in each format and variety.
fn at_the_limit() -> Vec<(&'static str, Vec<u8>)> {
    use jpeg_encoder::ColorType::{Cmyk, Luma, Rgb, Ycck};
    let png = |image: DynamicImage| encoded(&image, ImageFormat::Png);
    vec![
        ("jpeg", jpeg(Rgb, 3, false)),
        ("jpeg-grey", jpeg(Luma, 1, false)),
        ("jpeg-progressive", jpeg(Rgb, 3, true)),
        ("jpeg-cmyk", jpeg(Cmyk, 4, false)),
        ("jpeg-ycck-progressive", jpeg(Ycck, 4, true)),
        ("png", png(large())),
        ("png-alpha", png(large().to_rgba8().into())),
        ("png-grey-16-bit", png(large().to_luma16().into())),
        ("gif", encoded(&large(), ImageFormat::Gif)),
        ("gif-animated", large_animated_gif()),
        ("bmp", encoded(&large(), ImageFormat::Bmp)),
        ("webp", encoded(&large(), ImageFormat::WebP)),
        ("webp-alpha", encoded(&large().to_rgba8().into(), ImageFormat::WebP)),
    ]
}

#[test]
fn no_picture_costs_more_than_is_said() {
    for (name, whole) in at_the_limit() {
        for (bytes, is_whole) in [(&whole[..], true), (&whole[..whole.len() / 3], false)] {
            let (is_picture, cost) = cost(bytes, &limits());
            println!("{name}, whole: {is_whole}: {} kB of {} kB", cost >> 10, most(bytes) >> 10);
            assert_eq!(is_picture, is_whole, "{name}");
            let usual = BYTES_A_PIXEL * (SIDE * SIDE) as usize + bytes.len();
            assert!(cost <= most(bytes).min(usual), "{name} takes {cost} bytes");
        }
    }
}

#[test]
fn no_file_of_the_corpus_costs_more_than_is_said() {
    for file in std::fs::read_dir(crate::corpus::folder()).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let (_, cost) = cost(&bytes, &limits());
        assert!(cost <= most(&bytes), "{} takes {cost} bytes", path.display());
    }
}

#[test]
fn a_size_that_is_refused_costs_next_to_nothing() {
    let sixteen = |side| hollow_png(side, side, 6, 16, 100);
    let mut refused = vec![
        ("png", hollow_png(60_000, 60_000, 2, 8, 100)),
        ("png of 16 bits", sixteen(SIDE)),
        ("large png of 16 bits", sixteen(50_000)),
    ];
    refused.extend([
        ("gif", bomb(ImageFormat::Gif)),
        ("bmp", bomb(ImageFormat::Bmp)),
        ("webp", bomb(ImageFormat::WebP)),
        ("jpeg", bomb(ImageFormat::Jpeg)),
    ]);
    for (name, bytes) in refused {
        let (is_picture, cost) = cost(&bytes, &limits());
        println!("{name}: {} kB", cost >> 10);
        assert!(!is_picture && cost <= REFUSED_BYTES, "{name} takes {cost} bytes");
    }
}

#[test]
fn what_stands_behind_a_picture_costs_a_copy_at_most() {
    for format in FORMATS {
        let alone = cost(&file(format), &limits());
        let mut followed = polyglot(format);
        followed.resize(followed.len() + (8 << 20), b'x');
        let (is_picture, cost) = cost(&followed, &limits());
        println!("{format:?}: {} kB, alone {} kB", cost >> 10, alone.1 >> 10);
        let bound = alone.1 + followed.len() + REFUSED_BYTES;
        assert!(alone.0 && is_picture && cost <= bound, "{format:?}: {cost} bytes");
    }
}
