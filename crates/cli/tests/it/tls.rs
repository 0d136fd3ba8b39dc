//! TLS: a service with a certificate of its own or a given one, and who may listen where.

use std::io::Read as _;
use std::net::TcpStream;
use std::time::Duration;

use crate::service::{key, serve};
use crate::support::verilume;

#[test]
fn a_person_is_captured_over_tls_with_a_self_signed_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let store = ["--data", data.to_str().unwrap()];
    let key = key("sessions", &store);
    let arguments = [&store[..], &["--listen", "127.0.0.1:0", "--tls-self-signed"]].concat();
    let (process, url) = serve(&arguments);
    assert!(url.starts_with("https://127.0.0.1:"), "{url}");
    let certificate = data.join("tls-certificate.pem");
    let ca = certificate.to_str().unwrap();
    assert!(!std::fs::read_to_string(&certificate).unwrap().contains("PRIVATE"));
    let camera = ["--camera", "sim:700007,lux=200", "--json"];
    let ran = verilume(&[&["capture", "--server", &url, "--key", &key, "--ca", ca], &camera[..]].concat());
    let outcome = ran.json();
    assert_eq!((ran.code, &outcome["terminal"]), (Some(0), &"finished".into()), "{ran:?}");
    assert_eq!(outcome["session"]["attempts"][0]["digest"], outcome["digest"]);
    // Nobody vouches for it but its file.
    let ran = verilume(&[&["capture", "--server", &url, "--key", &key], &camera[..]].concat());
    assert_eq!(ran.code, Some(5), "{ran:?}");
    // Who speaks no TLS gets no answer in the clear, and holds no place for long.
    let plain = url.replace("https://", "http://");
    let ran = verilume(&[&["capture", "--server", &plain, "--key", &key], &camera[..]].concat());
    assert_eq!(ran.code, Some(5), "{ran:?}");
    drop(process);
    // The next start has the same certificate.
    let before = std::fs::read(&certificate).unwrap();
    let (_process, _url) = serve(&arguments);
    assert_eq!(std::fs::read(&certificate).unwrap(), before);
}

#[test]
fn who_never_shakes_hands_is_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let config =
        crate::support::file(&folder, "c.toml", b"[limits]\nheader_secs = 1\n[tls]\nself_signed = true\n");
    let data = folder.path().join("data");
    let arguments = ["--config", &config, "--data", data.to_str().unwrap(), "--listen", "127.0.0.1:0"];
    let (_process, url) = serve(&arguments);
    let mut silent = TcpStream::connect(url.strip_prefix("https://").unwrap()).unwrap();
    // Far longer than the service waits: it is the service that ends it.
    silent.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    assert_eq!(silent.read(&mut [0; 1]).unwrap(), 0);
}

#[test]
fn a_public_address_needs_tls_or_a_proxy() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let public = ["serve", "--data", data.to_str().unwrap(), "--listen", "0.0.0.0:0"];
    let ran = verilume(&public);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    for way in ["--tls-certificate", "--tls-self-signed", "--behind-proxy", "127.0.0.1"] {
        assert!(ran.stderr.contains(way), "{way}: {}", ran.stderr);
    }
    let (_process, url) = serve(&[&public[1..], &["--tls-self-signed"]].concat());
    assert!(url.starts_with("https://0.0.0.0:"), "{url}");
    let missing = [&public[..], &["--tls-certificate", "missing.pem", "--tls-key", "missing.pem"]].concat();
    let ran = verilume(&missing);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("missing.pem"), "{}", ran.stderr);
}
