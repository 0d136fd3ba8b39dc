//! `verilume simulate` and `verilume evaluate flash`, as a user runs them.

use serde_json::Value;

use crate::support::{file, verilume};

fn simulated(species: &str, seed: &str, more: &[&str]) -> Value {
    let args =
        ["simulate", "--species", species, "--sessions", "2", "--seed", seed, "--lux", "100", "--json"];
    let ran = verilume(&[&args, more].concat());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    ran.json()
}

#[test]
fn people_are_accepted_and_a_print_is_not() {
    let people = simulated("bona-fide", "31", &[]);
    assert_eq!(people["real"], 2, "{people}");
    assert_eq!(people["simulated"], true);
    assert_eq!(people["stopped_by"], serde_json::json!({}));
    let print = simulated("flat-print", "31", &[]);
    assert_eq!((&print["real"], &print["sessions"]), (&Value::from(0), &Value::from(2)), "{print}");
    assert!(!print["stopped_by"].as_object().unwrap().is_empty());
}

#[test]
fn a_seed_gives_the_same_counts_on_any_number_of_threads() {
    let one = simulated("injected-session", "31", &["--jobs", "1"]);
    assert_eq!(one, simulated("injected-session", "31", &["--jobs", "2"]));
    assert_eq!(one["real"], 0);
}

#[test]
fn an_unknown_species_is_answered_with_all_of_them() {
    let ran = verilume(&["simulate", "--species", "ghost"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("bona-fide") && ran.stderr.contains("relit-injection"), "{}", ran.stderr);
}

#[test]
fn an_evaluation_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let (log, report) = (folder.path().join("a.jsonl"), folder.path().join("a.md"));
    let evaluate = |bona_fide: &str| {
        let ran = verilume(&[
            "evaluate",
            "flash",
            "--seeds",
            "a",
            "--bona-fide",
            bona_fide,
            "--attacks",
            "0",
            "--log",
            log.to_str().unwrap(),
            "--report",
            report.to_str().unwrap(),
        ]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        (std::fs::read_to_string(&log).unwrap(), std::fs::read_to_string(&report).unwrap())
    };
    let (first, text) = evaluate("1");
    assert_eq!(first.lines().count(), 7, "a header and a session for each light level");
    assert!(text.contains("6 sessions of 6 planned"), "{text}");
    // As if the run had been stopped in the middle of a line.
    let kept: usize = first.lines().take(6).map(|line| line.len() + 1).sum();
    std::fs::write(&log, &first.as_bytes()[..kept + 9]).unwrap();
    let (second, again) = evaluate("1");
    assert!(second.starts_with(&first[..kept]) && second.lines().count() == 7);
    assert_eq!(text, again, "the report does not depend on where a run was stopped");
}

#[test]
fn a_log_of_another_evaluation_is_not_mixed_in() {
    let folder = tempfile::tempdir().unwrap();
    let evaluate = |log: &str| {
        verilume(&["evaluate", "flash", "--seeds", "b", "--bona-fide", "0", "--attacks", "0", "--log", log])
    };
    let log = folder.path().join("log.jsonl");
    let log = log.to_str().unwrap();
    assert_eq!(evaluate(log).code, Some(0));
    let header = std::fs::read_to_string(log).unwrap();
    std::fs::write(log, header.replace("\"coverage_supports\":0", "\"coverage_supports\":9")).unwrap();
    let ran = evaluate(log);
    assert_eq!(ran.code, Some(3));
    assert!(ran.stderr.contains("another evaluation") && ran.stderr.contains("--log"), "{}", ran.stderr);
    let ran = evaluate(&file(&folder, "text.jsonl", b"no JSON\n"));
    assert_eq!(ran.code, Some(3));
    assert!(ran.stderr.contains("remove it to begin anew"), "{}", ran.stderr);
}
