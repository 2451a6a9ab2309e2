//! Walking over all rows of one kind, alone or in two stores side by side, a page at a time.

use super::{BATCH_ROWS, Record, Shelf};
use crate::store::StoreResult;
use std::cmp::Ordering;
use std::collections::VecDeque;

/// All rows of one kind in one store.
pub struct Rows<'a, R, S: ?Sized> {
    shelf: &'a S,
    page: VecDeque<R>,
    /// Where the next page begins; `None` after the last one.
    from: Option<i64>,
}

impl<'a, R: Record, S: Shelf<R> + ?Sized> Rows<'a, R, S> {
    /// From the first one on.
    pub fn of(shelf: &'a S) -> Self {
        Self { shelf, page: VecDeque::new(), from: Some(i64::MIN) }
    }

    /// The next row.
    pub async fn next(&mut self) -> StoreResult<Option<R>> {
        self.fill().await?;
        Ok(self.page.pop_front())
    }

    /// All rows up to the end of a page; empty after the last one.
    pub async fn next_page(&mut self) -> StoreResult<Vec<R>> {
        self.fill().await?;
        Ok(self.page.drain(..).collect())
    }

    async fn peek(&mut self) -> StoreResult<Option<i64>> {
        self.fill().await?;
        Ok(self.page.front().map(Record::key))
    }

    async fn fill(&mut self) -> StoreResult<()> {
        if self.page.is_empty()
            && let Some(from) = self.from
        {
            self.page = self.shelf.page(from, BATCH_ROWS).await?.into();
            self.from = self.page.back().and_then(|last| last.key().checked_add(1));
        }
        Ok(())
    }
}

/// A key's rows in two stores.
#[derive(Debug, PartialEq)]
pub enum Pair<R> {
    /// Only the source has one.
    Source(R),
    /// Only the target has one.
    Target(R),
    /// Both have one, the source's first.
    Both(R, R),
}

/// All rows of one kind in two stores, side by side.
pub struct Pairs<'a, R, S: ?Sized> {
    source: Rows<'a, R, S>,
    target: Rows<'a, R, S>,
}

impl<'a, R: Record, S: Shelf<R> + ?Sized> Pairs<'a, R, S> {
    /// From the first key on.
    pub fn of(source: &'a S, target: &'a S) -> Self {
        Self { source: Rows::of(source), target: Rows::of(target) }
    }

    /// The next key's.
    pub async fn next(&mut self) -> StoreResult<Option<Pair<R>>> {
        let order = match (self.source.peek().await?, self.target.peek().await?) {
            (None, None) => return Ok(None),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(source), Some(target)) => source.cmp(&target),
        };
        Ok(match order {
            Ordering::Less => self.source.next().await?.map(Pair::Source),
            Ordering::Greater => self.target.next().await?.map(Pair::Target),
            Ordering::Equal => match (self.source.next().await?, self.target.next().await?) {
                (Some(source), Some(target)) => Some(Pair::Both(source, target)),
                _ => None,
            },
        })
    }
}
