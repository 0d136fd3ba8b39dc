//! The fuzzers' corpus, whole and damaged. `VERILUME_WRITE_CORPUS=1 cargo test -p verilume-still corpus` writes it anew.

use std::path::PathBuf;

use image::ImageFormat;
use proptest::prelude::*;
use proptest::sample::Index;
use verilume_still::{StillLimits, decode};

use crate::made::*;

/// Each file, and whether it is a picture.
fn files() -> Vec<(&'static str, Vec<u8>, bool)> {
    let rgba16 = image::DynamicImage::ImageRgb8(quarters()).to_rgba16().into();
    let grey_alpha = image::DynamicImage::ImageRgb8(quarters()).to_luma_alpha8().into();
    let png = file(ImageFormat::Png);
    let cut = |whole: Vec<u8>| whole[..whole.len() / 2].to_vec();
    vec![
        ("jpeg", file(ImageFormat::Jpeg), true),
        ("jpeg-turned", turned_jpeg(6), true),
        ("jpeg-cmyk", cmyk_jpeg(), true),
        ("jpeg-polyglot", polyglot(ImageFormat::Jpeg), true),
        ("jpeg-bomb", bomb(ImageFormat::Jpeg), false),
        ("png", png.clone(), true),
        ("png-16-bit", encoded(&rgba16, ImageFormat::Png), true),
        ("png-grey-alpha", encoded(&grey_alpha, ImageFormat::Png), true),
        ("png-hollow", hollow_png(4_000, 4_000, 2, 8, 2_000), false),
        ("png-polyglot", polyglot(ImageFormat::Png), true),
        ("png-cut", cut(png.clone()), false),
        ("gif", file(ImageFormat::Gif), true),
        ("gif-animated", animated_gif(), true),
        ("gif-cut", cut(file(ImageFormat::Gif)), false),
        ("gif-bomb", bomb(ImageFormat::Gif), false),
        ("bmp", file(ImageFormat::Bmp), true),
        ("bmp-cut", cut(file(ImageFormat::Bmp)), false),
        ("bmp-bomb", bomb(ImageFormat::Bmp), false),
        ("webp", file(ImageFormat::WebP), true),
        ("webp-animated", animated_webp(), true),
        ("webp-lossy", LOSSY_WEBP.to_vec(), true),
        ("webp-cut", cut(file(ImageFormat::WebP)), false),
        ("webp-bomb", bomb(ImageFormat::WebP), false),
    ]
}

pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/still")
}

fn small() -> StillLimits {
    StillLimits::pixels(1 << 20)
}

#[test]
fn the_corpus_is_read_as_its_names_say() {
    let write = std::env::var_os("VERILUME_WRITE_CORPUS").is_some();
    for (name, bytes, is_picture) in files() {
        let path = folder().join(name);
        if write {
            std::fs::create_dir_all(folder()).unwrap();
            std::fs::write(&path, &bytes).unwrap();
        }
        let kept = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(decode(&kept, &small()).is_ok(), is_picture, "{name}");
    }
}

/// Also those that a fuzzer found.
#[test]
fn every_file_of_the_corpus_is_read_within_the_limits() {
    for file in std::fs::read_dir(folder()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        if let Ok(still) = decode(&bytes, &small()) {
            let pixels = u64::from(still.image.width()) * u64::from(still.image.height());
            assert!(pixels <= small().max_pixels);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn damaged_files_never_panic(
        file: Index, flips in prop::collection::vec((any::<Index>(), any::<u8>()), 1..8), end: Index,
    ) {
        let files = files();
        let mut bytes = file.get(&files).1.clone();
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        bytes.truncate(end.index(bytes.len()) + 1);
        drop(decode(&bytes, &small()));
    }
}
