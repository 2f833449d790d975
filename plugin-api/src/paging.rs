//! Pages of lists, as clients ask for them in the query: `page` and `limit`, or `offset` and `limit`.

use std::ops::RangeInclusive;

use crate::error::Error;
use crate::request::Request;

/// How long the pages of a list are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSize {
    /// When the client names no limit.
    pub default: u32,
    /// At most; more is a 400.
    pub max: u32,
}

/// A page of a list, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Which one.
    pub number: u32,
    /// How long it is at most.
    pub limit: u32,
}

impl Page {
    /// From `page` and `limit` of the query. A 400 names the one that does not fit.
    pub fn of(request: &Request, size: PageSize) -> Result<Self, Error> {
        Ok(Self {
            number: number(request, "page", 1..=u32::MAX)?.unwrap_or(1),
            limit: number(request, "limit", 1..=size.max)?.unwrap_or(size.default),
        })
    }

    /// How many entries come before it.
    pub fn offset(&self) -> u32 {
        self.number.saturating_sub(1).saturating_mul(self.limit)
    }

    /// How many pages so many entries have.
    pub fn pages(&self, total: u64) -> u64 {
        total.div_ceil(u64::from(self.limit.max(1)))
    }
}

/// A part of a list, from the `offset`-th entry on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// How many entries come before it.
    pub offset: u32,
    /// How long it is at most.
    pub limit: u32,
}

impl Window {
    /// From `offset` and `limit` of the query. A 400 names the one that does not fit.
    pub fn of(request: &Request, size: PageSize) -> Result<Self, Error> {
        Ok(Self {
            offset: number(request, "offset", 0..=u32::MAX)?.unwrap_or(0),
            limit: number(request, "limit", 1..=size.max)?.unwrap_or(size.default),
        })
    }

    /// That part of what is there.
    pub fn cut<T>(&self, all: impl IntoIterator<Item = T>) -> Vec<T> {
        let offset = usize::try_from(self.offset).unwrap_or(usize::MAX);
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        all.into_iter().skip(offset).take(limit).collect()
    }
}

/// A number of the query; an empty field counts as none.
fn number(request: &Request, name: &str, range: RangeInclusive<u32>) -> Result<Option<u32>, Error> {
    let Some(text) = request.query(name).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    match text.parse() {
        Ok(number) if range.contains(&number) => Ok(Some(number)),
        _ => Err(Error::bad_request(refusal(name, &range))),
    }
}

fn refusal(name: &str, range: &RangeInclusive<u32>) -> String {
    let (start, end) = (range.start(), range.end());
    if *end == u32::MAX {
        return format!("{name}: must be a number, {start} or more");
    }
    format!("{name}: must be a number from {start} to {end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: PageSize = PageSize {
        default: 20,
        max: 100,
    };

    fn asking(query: &str) -> Request {
        Request {
            query: Some(query.to_owned()),
            ..Request::default()
        }
    }

    #[test]
    fn pages_are_counted_from_one() {
        let page = Page::of(&asking("page=3&limit=10"), SIZE).unwrap();
        assert_eq!((page.offset(), page.pages(30), page.pages(31)), (20, 3, 4));
        let first = Page::of(&asking("page=&q=x"), SIZE).unwrap();
        assert_eq!(
            (first.number, first.limit, first.offset(), first.pages(0)),
            (1, 20, 0, 0)
        );
        let last = Page::of(&asking("page=4294967295&limit=100"), SIZE).unwrap();
        assert_eq!(last.offset(), u32::MAX);
    }

    #[test]
    fn what_is_no_page_is_named() {
        let refused = |query: &str| Page::of(&asking(query), SIZE).unwrap_err().to_string();
        assert_eq!(refused("page=0"), "400: page: must be a number, 1 or more");
        assert_eq!(refused("limit=101"), "400: limit: must be a number from 1 to 100");
        assert_eq!(refused("limit=ten"), "400: limit: must be a number from 1 to 100");
    }

    #[test]
    fn a_window_is_cut_out() {
        let window = Window::of(&asking("offset=1&limit=2"), SIZE).unwrap();
        assert_eq!(window.cut(1..=5), [2, 3]);
        assert!(Window::of(&asking("offset=-1"), SIZE).is_err());
        assert_eq!(Window { offset: 9, limit: 2 }.cut(1..=5), [0; 0]);
    }
}
