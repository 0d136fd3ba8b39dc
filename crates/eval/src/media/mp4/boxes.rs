//! The box structure: four-character names, lengths, and big-endian fields, all bounds-checked.

/// A name of four characters.
pub(super) type BoxName = [u8; 4];

/// Walks the boxes of a buffer; stops at the first that does not fit.
pub(super) struct Boxes<'a> {
    rest: &'a [u8],
}

impl<'a> Boxes<'a> {
    pub(super) fn of(body: &'a [u8]) -> Self {
        Self { rest: body }
    }

    /// The body of the first box of this name.
    pub(super) fn find(body: &'a [u8], name: &BoxName) -> Option<&'a [u8]> {
        Self::of(body).find(|(found, _)| found == name).map(|(_, body)| body)
    }

    /// The body at the end of a path of names.
    pub(super) fn find_path(body: &'a [u8], path: &[&BoxName]) -> Option<&'a [u8]> {
        path.iter().try_fold(body, |body, name| Self::find(body, name))
    }
}

impl<'a> Iterator for Boxes<'a> {
    type Item = (BoxName, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let fields = Fields::of(self.rest);
        let name = fields.name(4)?;
        let (header, len) = match fields.u32(0)? {
            0 => (8, self.rest.len()),
            1 => (16, usize::try_from(fields.u64(8)?).ok()?),
            len => (8, len as usize),
        };
        let body = self.rest.get(header..len)?;
        self.rest = &self.rest[len..];
        Some((name, body))
    }
}

/// Big-endian fields at byte offsets.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    bytes: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    fn array<const N: usize>(self, at: usize) -> Option<[u8; N]> {
        self.bytes.get(at..at.checked_add(N)?)?.try_into().ok()
    }

    pub(super) fn name(self, at: usize) -> Option<BoxName> {
        self.array(at)
    }

    pub(super) fn u8(self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    pub(super) fn u16(self, at: usize) -> Option<u16> {
        self.array(at).map(u16::from_be_bytes)
    }

    pub(super) fn u32(self, at: usize) -> Option<u32> {
        self.array(at).map(u32::from_be_bytes)
    }

    pub(super) fn i32(self, at: usize) -> Option<i32> {
        self.array(at).map(i32::from_be_bytes)
    }

    pub(super) fn u64(self, at: usize) -> Option<u64> {
        self.array(at).map(u64::from_be_bytes)
    }

    /// The low 24 bits of a full box's first word.
    pub(super) fn flags(self) -> Option<u32> {
        Some(self.u32(0)? & 0x00FF_FFFF)
    }

    /// The high 8 bits of a full box's first word.
    pub(super) fn version(self) -> Option<u8> {
        self.u8(0)
    }

    /// A table of `count` (the word at `at`) entries of `N` bytes behind it; fewer where the box is too short.
    pub(super) fn table<const N: usize>(self, at: usize) -> impl Iterator<Item = Fields<'a>> {
        let count = self.u32(at).unwrap_or(0) as usize;
        let entries = self.bytes.get(at.saturating_add(4)..).unwrap_or_default();
        entries.chunks_exact(N).take(count).map(Fields::of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_end_where_one_does_not_fit() {
        let bytes = [0, 0, 0, 9, b'a', b'b', b'c', b'd', 7, 0, 0, 0, 99, b'e', b'f', b'g', b'h', 1];
        let names: Vec<_> = Boxes::of(&bytes).collect();
        assert_eq!(names, [(*b"abcd", [7].as_slice())]);
        assert_eq!(Boxes::of(&[0, 0, 0, 4, 0, 0, 0, 0]).next(), None);
    }
}
