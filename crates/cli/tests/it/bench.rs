//! `verilume bench --api`: many callers at once, on either database.

use crate::cluster::Server;
use crate::support::{alone, verilume};

#[track_caller]
fn check(more: &[&str], database: &str) {
    // Its callers need the machine for themselves for a moment, as a device does.
    let _alone = alone();
    let ran = verilume(&[&["bench", "--api", "2", "--json"], more].concat());
    let figure = ran.json();
    assert_eq!((ran.code, &figure["database"], &figure["errors"]), (Some(0), &database.into(), &0.into()));
    assert!(figure["requests"].as_u64() > Some(0), "{figure}");
}

#[test]
fn many_callers_at_once_meet_no_error_on_sqlite() {
    check(&[], "SQLite");
}

#[test]
fn many_callers_at_once_meet_no_error_on_postgres() {
    let server = Server::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let url = runtime.block_on(server.create("verilume_bench"));
    check(&["--postgres", &url], "PostgreSQL");
}
