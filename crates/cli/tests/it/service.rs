//! A service in a process of its own.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::support::{command, verilume};

/// A process that ends with the test.
pub(crate) struct Process(pub(crate) Child);

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

pub(crate) fn spawn(args: &[&str]) -> Process {
    Process(command(args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap())
}

/// A running service on a folder, its address and a key.
pub(crate) fn service(data: &Path) -> (Process, String, String) {
    service_for(data, "sessions")
}

/// The same with a key of these scopes.
pub(crate) fn service_for(data: &Path, scopes: &str) -> (Process, String, String) {
    let store = ["--data", data.to_str().unwrap()];
    let key = key(scopes, &store);
    let (process, url) = serve(&[&store[..], &["--listen", "127.0.0.1:0"]].concat());
    (process, url, key)
}

/// `verilume serve`, and the address it told.
pub(crate) fn serve(args: &[&str]) -> (Process, String) {
    let (process, [url]) = serve_saying(args, ["listening at "]);
    (process, url)
}

/// `verilume serve`, and what it said after these words, in this order.
pub(crate) fn serve_saying<const N: usize>(args: &[&str], words: [&str; N]) -> (Process, [String; N]) {
    serve_saying_as(&[&["serve"], args].concat(), words)
}

/// Any command that serves, and what it said after these words, in this order.
pub(crate) fn serve_saying_as<const N: usize>(args: &[&str], words: [&str; N]) -> (Process, [String; N]) {
    let mut command = command(args);
    command.stderr(Stdio::null());
    serve_as(command, words)
}

/// The same by a command of one's own.
pub(crate) fn serve_as<const N: usize>(mut command: Command, words: [&str; N]) -> (Process, [String; N]) {
    let mut process = Process(command.stdout(Stdio::piped()).spawn().unwrap());
    let mut said = BufReader::new(process.0.stdout.take().unwrap()).lines().map_while(Result::ok);
    let heard = words.map(|word| {
        said.find_map(|line| line.strip_prefix(word).map(str::to_owned))
            .unwrap_or_else(|| panic!("no {word}"))
    });
    (process, heard)
}

/// A new key with these scopes.
pub(crate) fn key(scopes: &str, store: &[&str]) -> String {
    let ran = verilume(&[&["keys", "create", "--scope", scopes], store].concat());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    ran.stdout.lines().last().unwrap().to_owned()
}
