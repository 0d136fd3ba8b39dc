//! Whether a GIF moves: one picture decodes here, a film goes the way of films.

const EXTENSION: u8 = 0x21;
const PICTURE: u8 = 0x2C;
/// Bytes before the first block: signature, size of the screen, flags, background, aspect.
const SCREEN_BYTES: usize = 13;
/// Where the flags of the screen are.
const SCREEN_FLAGS: usize = 10;

/// Whether a GIF has more than one picture. What is cut off or damaged has no further one.
pub(super) fn is_film(gif: &[u8]) -> bool {
    pictures(gif).nth(1).is_some()
}

/// One item for each picture that begins.
fn pictures(gif: &[u8]) -> impl Iterator<Item = ()> {
    let flags = gif.get(SCREEN_FLAGS).copied().unwrap_or_default();
    let mut rest = gif.get(SCREEN_BYTES + table_bytes(flags)..);
    std::iter::from_fn(move || {
        loop {
            let (kind, body) = rest?.split_first()?;
            rest = match *kind {
                EXTENSION => body.get(1..).and_then(after_sub_blocks),
                PICTURE => {
                    let flags = *body.get(8)?;
                    // Place and size, colours, the width of the codes, the data.
                    rest = body.get(9 + table_bytes(flags) + 1..).and_then(after_sub_blocks);
                    return Some(());
                }
                _ => return None,
            };
        }
    })
}

/// The size of a table of colours.
fn table_bytes(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

fn after_sub_blocks(mut rest: &[u8]) -> Option<&[u8]> {
    loop {
        let (length, body) = rest.split_first()?;
        rest = body.get(usize::from(*length)..)?;
        if *length == 0 {
            return Some(rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCREEN: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff";
    const DELAY: &[u8] = b"\x21\xf9\x04\0\x0a\0\0\0";
    const PIXEL: &[u8] = b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0";

    #[test]
    fn a_second_picture_makes_a_film() {
        let check =
            |parts: &[&[u8]], expected: bool| assert_eq!(is_film(&parts.concat()), expected, "{parts:?}");
        check(&[SCREEN, DELAY, PIXEL, b";"], false);
        check(&[SCREEN, DELAY, PIXEL, DELAY, PIXEL, b";"], true);
        check(&[SCREEN, PIXEL, b";", PIXEL], false);
        check(&[SCREEN, PIXEL, DELAY], false);
        check(&[&SCREEN[..9]], false);
        check(&[], false);
    }
}
