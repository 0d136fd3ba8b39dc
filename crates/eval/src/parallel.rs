//! Work on many items, side by side.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Works on every item on `jobs` threads; the results have the order of the items. An error ends the work.
pub(crate) fn each_on<T: Sync, R: Send, E: Send>(
    jobs: usize,
    items: &[T],
    work: impl Fn(&T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    each_with(&vec![(); jobs.max(1)], items, |(), item| work(item))
}

/// Works on every item on as many threads as there are tools, each with its own; the results have the order of the
/// items. An error ends the work.
pub(crate) fn each_with<W: Sync, T: Sync, R: Send, E: Send>(
    tools: &[W],
    items: &[T],
    work: impl Fn(&W, &T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let next = AtomicUsize::new(0);
    let worker = |tool: &W| {
        let mut results = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { return Ok(results) };
            // The others stop at their next item.
            let result = work(tool, item).inspect_err(|_| next.store(items.len(), Ordering::Relaxed))?;
            results.push((at, result));
        }
    };
    let by_worker: Vec<Result<Vec<(usize, R)>, E>> = std::thread::scope(|scope| {
        let workers: Vec<_> = tools.iter().map(|tool| scope.spawn(|| worker(tool))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    let mut results: Vec<(usize, R)> = Vec::with_capacity(items.len());
    for of_worker in by_worker {
        results.extend(of_worker?);
    }
    results.sort_by_key(|(at, _)| *at);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}
