//! `/api/docs`: the document; `/docs`: a page that shows it.

pub(crate) mod document;
pub(crate) mod page;
