//! The tutorial, run: its files written, its commands executed in order, in an empty folder.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

/// A device in real time may miss its light on a machine that is busy with other tests.
const TRIES: usize = 3;

/// The commands of the tutorial; its files are written into the folder.
fn commands(tutorial: &str, folder: &Path) -> String {
    let mut commands = String::from("set -euo pipefail\n");
    let mut blocks = tutorial.split("```");
    while let (Some(_prose), Some(block)) = (blocks.next(), blocks.next()) {
        let (head, text) = block.split_once('\n').unwrap();
        match head.split_once(' ') {
            Some((_language, name)) => std::fs::write(folder.join(name), text).unwrap(),
            None => {
                assert_eq!(head, "sh", "a block is for the shell or has a file's name");
                commands.push_str(text);
            }
        }
    }
    commands
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Runs the tutorial; what it printed, and whether it came to its end.
fn run(tutorial: &str) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let tutorial = tutorial.replace("127.0.0.1:8080", &format!("127.0.0.1:{}", free_port()));
    let commands = commands(&tutorial, folder.path());
    let program = Path::new(env!("CARGO_BIN_EXE_verilume")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    // Whatever happens, the service ends with the shell.
    let script = format!("trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\nexec 2>&1\n{commands}");
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets");
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder.path())
        .env("PATH", path)
        .env("VERILUME_ASSETS", assets)
        .output()
        .unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn every_command_of_the_tutorial_works() {
    let tutorial = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/tutorial/README.md");
    let tutorial = std::fs::read_to_string(tutorial).unwrap();
    let mut told = String::new();
    let worked = (0..TRIES).any(|_| {
        let _alone = crate::support::alone();
        let (worked, said) = run(&tutorial);
        told = said;
        worked
    });
    assert!(worked, "{told}");
    assert_eq!(told.matches("decision: ").count(), 2, "{told}");
    assert!(told.contains("livenessDecision"), "{told}");
    assert!(told.contains("open in a browser: http://127.0.0.1:") && told.contains("<svg"), "{told}");
}
