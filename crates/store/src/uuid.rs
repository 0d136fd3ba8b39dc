//! Random UUIDs, by which records are named.

/// Random bytes that a UUID is made of.
pub(crate) const RANDOM_BYTES: usize = 16;

/// A version 4 UUID in lower case; six of the random bits give way to its version and variant.
pub(crate) fn from_random(mut random: [u8; RANDOM_BYTES]) -> String {
    random[6] = (random[6] & 0x0f) | 0x40;
    random[8] = (random[8] & 0x3f) | 0x80;
    let mut text = String::with_capacity(36);
    for (i, byte) in random.iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

/// A UUID in its usual form and any case, in lower case.
pub(crate) fn parse(text: &str) -> Option<String> {
    let is_uuid = text.len() == 36
        && text.bytes().enumerate().all(|(i, byte)| match i {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    is_uuid.then(|| text.to_ascii_lowercase())
}
