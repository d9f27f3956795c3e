//! A waker for futures that wake one another while one task polls them all.
//!
//! The parts of a connection tell each other of progress through wakers. Polled with the task's
//! own waker, each such message would put the running task back into the queue of the runtime,
//! which then wakes another thread to take it: a switch of threads per request for nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures::task::AtomicWaker;

/// Rounds in one poll before the task yields to others.
const ROUNDS_MAX: usize = 8;

#[derive(Clone)]
pub(crate) struct CalmWaker {
    shared: Arc<Shared>,
    waker: Waker,
}

struct Shared {
    task: AtomicWaker,
    is_polling: AtomicBool,
    was_woken: AtomicBool,
}

impl CalmWaker {
    pub(super) fn new() -> Self {
        let shared = Arc::new(Shared {
            task: AtomicWaker::new(),
            is_polling: AtomicBool::new(false),
            was_woken: AtomicBool::new(false),
        });
        Self {
            waker: Waker::from(Arc::clone(&shared)),
            shared,
        }
    }

    /// Polls `step` until it is ready or nothing has woken it meanwhile. Afterwards whatever wakes
    /// it wakes the task of `context`.
    pub(crate) fn poll<T>(
        &self,
        context: &mut Context<'_>,
        mut step: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let shared = &*self.shared;
        shared.task.register(context.waker());
        shared.is_polling.store(true, Ordering::SeqCst);
        let mut calm_context = Context::from_waker(&self.waker);
        let mut polled = Poll::Pending;
        for _ in 0..ROUNDS_MAX {
            shared.was_woken.store(false, Ordering::SeqCst);
            polled = step(&mut calm_context);
            if polled.is_ready() || !shared.was_woken.load(Ordering::SeqCst) {
                break;
            }
        }
        shared.is_polling.store(false, Ordering::SeqCst);
        // A wake-up of another thread before the line above has left its mark only; one after it
        // wakes the task by itself.
        if polled.is_pending() && shared.was_woken.swap(false, Ordering::SeqCst) {
            context.waker().wake_by_ref();
        }
        polled
    }
}

impl Wake for Shared {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.was_woken.store(true, Ordering::SeqCst);
        if !self.is_polling.load(Ordering::SeqCst) {
            self.task.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::atomic::AtomicUsize;

    use super::*;

    struct CountingTask(AtomicUsize);

    impl Wake for CountingTask {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn messages_among_the_polled_do_not_wake_the_task() {
        let task = Arc::new(CountingTask(AtomicUsize::new(0)));
        let waker = Waker::from(Arc::clone(&task));
        let mut context = Context::from_waker(&waker);
        let calm = CalmWaker::new();
        let mut kept = None;
        let mut rounds = 0;
        let polled: Poll<()> = calm.poll(&mut context, |context| {
            rounds += 1;
            kept = Some(context.waker().clone());
            if rounds < 3 {
                context.waker().wake_by_ref();
            }
            Poll::Pending
        });
        assert_eq!(
            (polled, rounds, task.0.load(Ordering::SeqCst)),
            (Poll::Pending, 3, 0)
        );
        // What comes from outside does.
        kept.unwrap().wake();
        assert_eq!(task.0.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn what_never_rests_yields() {
        let task = Arc::new(CountingTask(AtomicUsize::new(0)));
        let waker = Waker::from(Arc::clone(&task));
        let calm = CalmWaker::new();
        let polled: Poll<()> = calm.poll(&mut Context::from_waker(&waker), |context| {
            context.waker().wake_by_ref();
            Poll::Pending
        });
        assert_eq!((polled, task.0.load(Ordering::SeqCst)), (Poll::Pending, 1));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_message_from_another_thread_is_lost() {
        const MESSAGES: usize = 100_000;
        let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
        tokio::spawn(async move {
            for message in 0..MESSAGES {
                sender.send(message).await.unwrap();
            }
        });
        let calm = CalmWaker::new();
        let received = async {
            for expected in 0..MESSAGES {
                let message =
                    poll_fn(|context| calm.poll(context, |context| receiver.poll_recv(context)));
                assert_eq!(message.await, Some(expected));
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(60), received)
            .await
            .unwrap();
    }
}
