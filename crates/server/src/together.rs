//! Work that is asked for together is done together: many writes of a database cost little more than one.

use std::future::Future;

use tokio::sync::{mpsc, oneshot};

/// Askers that wait their turn. Origin: every connection there may be.
const WAITING: usize = 1024;
/// Parts that are done at once, at most.
const AT_ONCE: usize = 256;

/// Takes parts of work, and gives each asker the answer to its part.
#[derive(Debug)]
pub(crate) struct Together<T, A> {
    sender: mpsc::Sender<(T, oneshot::Sender<A>)>,
}

impl<T: Send + 'static, A: Send + 'static> Together<T, A> {
    /// Starts the worker, which ends with the last of its askers. `work` gives an answer for each part, in their order.
    pub(crate) fn start<F>(work: impl Fn(Vec<T>) -> F + Send + 'static) -> Self
    where
        F: Future<Output = Vec<A>> + Send + 'static,
    {
        let (sender, receiver) = mpsc::channel(WAITING);
        tokio::spawn(work_off(receiver, work));
        Self { sender }
    }

    /// Comes back when this part is done; `None` if it will not be.
    pub(crate) async fn ask(&self, part: T) -> Option<A> {
        let (answer, answered) = oneshot::channel();
        self.sender.send((part, answer)).await.ok()?;
        answered.await.ok()
    }
}

async fn work_off<T: Send, A: Send, F>(
    mut receiver: mpsc::Receiver<(T, oneshot::Sender<A>)>,
    work: impl Fn(Vec<T>) -> F + Send,
) where
    F: Future<Output = Vec<A>> + Send,
{
    let mut waiting = Vec::with_capacity(AT_ONCE);
    while receiver.recv_many(&mut waiting, AT_ONCE).await > 0 {
        let (parts, askers): (Vec<_>, Vec<_>) = waiting.drain(..).unzip();
        for (asker, answer) in askers.into_iter().zip(work(parts).await) {
            // Who has gone needs no answer.
            drop(asker.send(answer));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn each_asker_has_the_answer_to_its_own_part() {
        let rounds = Arc::new(AtomicUsize::new(0));
        let doubling = Arc::new(Together::start({
            let rounds = Arc::clone(&rounds);
            move |parts: Vec<u32>| {
                rounds.fetch_add(1, Ordering::Relaxed);
                async move {
                    tokio::task::yield_now().await;
                    parts.into_iter().map(|part| 2 * part).collect()
                }
            }
        }));
        let asked: Vec<_> = (0..100)
            .map(|part| {
                let doubling = Arc::clone(&doubling);
                tokio::spawn(async move { (part, doubling.ask(part).await) })
            })
            .collect();
        for asked in asked {
            let (part, answer) = asked.await.unwrap();
            assert_eq!(answer, Some(2 * part));
        }
        assert!(rounds.load(Ordering::Relaxed) < 100, "some of them together");
    }

    #[tokio::test]
    async fn work_that_gives_too_few_answers_leaves_nobody_waiting() {
        let lazy =
            Together::start(|parts: Vec<u32>| async move { parts.into_iter().skip(1).collect::<Vec<u32>>() });
        assert_eq!(lazy.ask(1).await, None);
    }
}
