//! One lane: takes all that waits, writes it together, and tries again for a while when that does not work.

use super::super::documents::Database;
use super::super::effects::Effects;
use super::super::fault::shown;
use super::attempt::{Care, Gate, Setback, Showing, attempt, show};
use super::ends::Ends;
use super::plan::{Plan, SendKey};
use crate::fresh;
use crate::store::{AppendError, Appended, NewEntry};
use chat_protocol::ConversationId;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::TaskTracker;

/// Entries that are written together.
const ENTRIES_MAX: usize = 1000;
/// For one try. A try that takes longer runs on by itself, for the driver must not be interrupted. It writes nothing, unless
/// it is at that already.
const TRY: Duration = Duration::from_secs(6);
/// For all tries of a batch; then its senders are told to come back later.
const PATIENCE: Duration = Duration::from_secs(8);
/// For what is remembered of a log without being looked at again, when a batch begins; its first try may take [`TRY`] more. Another
/// server may have written down a block or the end of an account meanwhile, and that takes no number. For that long it is not
/// asked either whether the database is there: should it have gone, a batch that was sent may be there or not.
const TRUST: Duration = Duration::from_secs(1);
/// Between two tries: at first, and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(400));
/// Sends whose outcome was lost are remembered, so that their members are told once they are found: so many, so long.
/// The members of the others find them with the next entry.
const UNTOLD_MAX: (usize, Duration) = (10_000, Duration::from_secs(120));

type Outcomes = Vec<Result<Appended, AppendError>>;

/// What a lane is given.
pub enum Work {
    /// Entries to append, and who waits for their outcome.
    Append { entries: Vec<NewEntry>, reply: oneshot::Sender<Outcomes> },
    /// What is known of this conversation is not so any more, without an entry that says so.
    Forget(ConversationId),
    /// The same of all conversations.
    ForgetAll,
}

/// Works until nobody can give work any more. While the heads of one batch are moved, the next one is inserted.
pub async fn run(db: Arc<Database>, mut queue: mpsc::UnboundedReceiver<Work>, operations: TaskTracker) {
    let mut lane = Lane {
        db,
        operations,
        expects_repeats: true,
        untold: HashSet::new(),
        forget_at: Instant::now(),
        ends: Ends::default(),
        ends_since: Instant::now(),
        effects: Effects::default(),
        showing: None,
    };
    while let Some(first) = queue.recv().await {
        let (mut batch, mut waiting) = (Vec::new(), Waiting(Vec::new()));
        let mut next = Some(first);
        while let Some(work) = next {
            match work {
                Work::Append { entries, reply } => {
                    waiting.0.push((entries.len(), reply));
                    batch.extend(entries);
                }
                Work::Forget(conversation) => lane.ends.forget_one(conversation),
                Work::ForgetAll => lane.ends.forget(),
            }
            next = if batch.len() < ENTRIES_MAX { queue.try_recv().ok() } else { None };
        }
        if !batch.is_empty() {
            lane.append(Arc::new(batch), waiting).await;
        }
    }
    lane.shown().await;
}

/// Who waits for how many of a batch's outcomes.
struct Waiting(Vec<(usize, oneshot::Sender<Outcomes>)>);

impl Waiting {
    fn tell(self, outcomes: Outcomes) {
        let mut outcomes = outcomes.into_iter();
        for (count, reply) in self.0 {
            // Whoever waited may have gone; what is done is done.
            let _ = reply.send(outcomes.by_ref().take(count).collect());
        }
    }
}

struct Lane {
    db: Arc<Database>,
    operations: TaskTracker,
    /// What was sent before is looked up instead of run into: after a repeat more of them are likely, as when everybody
    /// reconnects.
    expects_repeats: bool,
    /// Sends that may have been written without anybody being told, until `forget_at`.
    untold: HashSet<SendKey>,
    forget_at: Instant,
    ends: Ends,
    /// When the first of them was learned.
    ends_since: Instant,
    /// What is to take effect before more is shown. It may have been tried, with the heads of a batch that were not moved.
    effects: Effects,
    /// Moves the heads of the last batch; gives what it could not show.
    showing: Option<JoinHandle<Vec<SendKey>>>,
}

impl Lane {
    async fn append(&mut self, batch: Arc<Vec<NewEntry>>, waiting: Waiting) {
        if !self.is_showing() {
            self.shown().await;
        }
        if self.ends_since.elapsed() > TRUST {
            self.ends.forget();
            self.ends_since = Instant::now();
        }
        match self.insert(&batch).await {
            Ok(plan) => {
                // Heads move in the order of the batches.
                self.shown().await;
                self.ends.learn(&plan.shown);
                self.effects.extend(plan.effects);
                let at = batch.iter().map(|entry| entry.at).max().unwrap_or(0);
                let showing = Showing { ends: plan.shown, effects: self.effects.clone(), at };
                let (db, showing) = (Arc::clone(&self.db), Arc::new(showing));
                let telling =
                    show_and_tell(db, self.operations.clone(), showing, batch, plan.outcomes, waiting);
                self.showing = Some(self.operations.spawn(telling));
            }
            Err(error) => {
                self.ends.forget();
                waiting.tell(vec![Err(error); batch.len()]);
            }
        }
    }

    fn is_showing(&self) -> bool {
        self.showing.as_ref().is_some_and(|showing| !showing.is_finished())
    }

    /// Waits until the heads of the last batch have been moved.
    async fn shown(&mut self) {
        let Some(showing) = self.showing.take() else { return };
        match showing.await {
            Ok(untold) if untold.is_empty() => self.effects.clear(),
            left => {
                self.remember(left.unwrap_or_default());
                self.expects_repeats = true;
                self.ends.forget();
            }
        }
    }

    async fn insert(&mut self, batch: &Arc<Vec<NewEntry>>) -> Result<Plan, AppendError> {
        let give_up = Instant::now() + PATIENCE;
        if Instant::now() > self.forget_at {
            self.untold.clear();
        }
        let mut pause = PAUSE.0;
        let mut unknown = false;
        let mut care = if self.expects_repeats { Care::Repeats } else { Care::Usual };
        loop {
            let cause = match self.try_once(batch, care).await {
                Ok(mut plan) => {
                    doubt(batch, &mut plan.outcomes, &self.untold);
                    self.note(batch, &plan.outcomes);
                    return Ok(plan);
                }
                Err(Setback::Away(cause)) => cause,
                Err(Setback::Taken(written)) => {
                    unknown |= !written.is_empty();
                    care = Care::Full;
                    self.remember(written);
                    "others append at the same time, or it was sent before".to_owned()
                }
                Err(Setback::Unknown(cause)) => {
                    unknown = true;
                    care = Care::Full;
                    self.remember(batch.iter().map(send_key).collect());
                    cause
                }
            };
            if Instant::now() + pause > give_up {
                tracing::warn!(%cause, sends = batch.len(), unknown, "sends were not stored in time");
                return Err(if unknown { AppendError::Unknown } else { AppendError::Unavailable });
            }
            tracing::debug!(%cause, sends = batch.len(), "writing is tried again");
            self.ends.forget();
            rest(&mut pause).await;
        }
    }

    /// One try, in a task of its own.
    async fn try_once(&self, batch: &Arc<Vec<NewEntry>>, care: Care) -> Result<Plan, Setback> {
        let ends = self.ends.of(batch);
        let (db, batch) = (Arc::clone(&self.db), Arc::clone(batch));
        let untold = self.untold.clone();
        let gate = Arc::new(Gate::default());
        let task = {
            let gate = Arc::clone(&gate);
            self.operations.spawn(async move { attempt(&db, &batch, care, &untold, ends, &gate).await })
        };
        let slow = || format!("no answer within {} s", TRY.as_secs());
        match timeout(TRY, task).await {
            Ok(Ok(tried)) => tried,
            Ok(Err(panicked)) => Err(Setback::Unknown(panicked.to_string())),
            Err(_) if gate.shuts() => Err(Setback::Away(slow())),
            Err(_) => Err(Setback::Unknown(slow())),
        }
    }

    /// What the batch's outcome says about the next one.
    fn note(&mut self, batch: &[NewEntry], outcomes: &Outcomes) {
        let is_repeat = |outcome: &Result<Appended, AppendError>| match outcome {
            Ok(appended) => !appended.is_fresh(),
            Err(error) => *error == AppendError::IdConflict,
        };
        if !self.untold.is_empty() {
            forget_told(batch, outcomes, &mut self.untold);
        }
        self.expects_repeats = !self.untold.is_empty() || outcomes.iter().any(is_repeat);
    }

    fn remember(&mut self, written: Vec<SendKey>) {
        let (count_max, time) = UNTOLD_MAX;
        if self.untold.len() + written.len() > count_max {
            self.untold.clear();
        }
        self.forget_at = Instant::now() + time;
        self.untold.extend(written);
    }
}

/// Shows what was written and then tells the outcomes; gives what it could not show.
async fn show_and_tell(
    db: Arc<Database>,
    operations: TaskTracker,
    showing: Arc<Showing>,
    batch: Arc<Vec<NewEntry>>,
    outcomes: Outcomes,
    waiting: Waiting,
) -> Vec<SendKey> {
    let give_up = Instant::now() + PATIENCE;
    let mut pause = PAUSE.0;
    loop {
        let (db, showing) = (Arc::clone(&db), Arc::clone(&showing));
        let cause = match timeout(TRY, operations.spawn(async move { show(&db, &showing).await })).await {
            Ok(Ok(Ok(()))) => break,
            Ok(Ok(Err(error))) => shown(&error),
            Ok(Err(panicked)) => panicked.to_string(),
            Err(_) => format!("no answer within {} s", TRY.as_secs()),
        };
        if Instant::now() + pause > give_up {
            tracing::warn!(%cause, sends = batch.len(), "sends were stored, but could not be shown in time");
            waiting.tell(vec![Err(AppendError::Unknown); batch.len()]);
            return batch.iter().map(send_key).collect();
        }
        tracing::debug!(%cause, "heads are moved again");
        rest(&mut pause).await;
    }
    waiting.tell(outcomes);
    Vec::new()
}

async fn rest(pause: &mut Duration) {
    sleep(pause.mul_f64(0.5 + fresh::fraction() / 2.0)).await;
    *pause = (*pause * 2).min(PAUSE.1);
}

/// What may be on its way into the log yet, and is not seen there, is not refused: that would not be true if it came to stand there
/// after all. A conflict is only told of what is there.
fn doubt(batch: &[NewEntry], outcomes: &mut Outcomes, untold: &HashSet<SendKey>) {
    for (entry, outcome) in batch.iter().zip(outcomes) {
        let is_refused = outcome.as_ref().is_err_and(|error| *error != AppendError::IdConflict);
        if is_refused && untold.contains(&send_key(entry)) {
            *outcome = Err(AppendError::Unknown);
        }
    }
}

/// What is still in doubt will be in doubt for whoever asks again, too.
fn forget_told(batch: &[NewEntry], outcomes: &Outcomes, untold: &mut HashSet<SendKey>) {
    for (entry, outcome) in batch.iter().zip(outcomes) {
        if !matches!(outcome, Err(AppendError::Unknown)) {
            untold.remove(&send_key(entry));
        }
    }
}

fn send_key(entry: &NewEntry) -> SendKey {
    (entry.conversation, entry.sender, entry.client_id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{NewBody, UserId};

    #[test]
    fn what_may_still_be_stored_is_not_refused() {
        let entry = |client_id: &str| NewEntry {
            conversation: ConversationId::from_bits(1),
            sender: UserId(1),
            client_id: client_id.parse().unwrap(),
            at: 1,
            body: NewBody::Message { text: "x".to_owned(), file: None, reply_to: None },
        };
        let batch = ["lost", "other", "new"].map(entry);
        let mut untold = HashSet::from([send_key(&batch[0]), send_key(&batch[1])]);
        let (gone, conflict) = (Err(AppendError::PeerGone), Err(AppendError::IdConflict));
        for _ in 0..2 {
            let mut outcomes = vec![gone.clone(), conflict.clone(), gone.clone()];
            doubt(&batch, &mut outcomes, &untold);
            assert_eq!(outcomes, [Err(AppendError::Unknown), conflict.clone(), gone.clone()]);
            forget_told(&batch, &outcomes, &mut untold);
        }
        assert_eq!(untold, HashSet::from([send_key(&batch[0])]));
    }
}
