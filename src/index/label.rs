//! An id or a text as a dictionary keeps it: most of them without an allocation of their own.

use std::sync::Arc;

use super::heap::arc_slice;
use crate::model::short::are_equal;

/// The longest text that lies in the label itself.
const SHORT: usize = 22;

/// A text in 24 bytes; a longer one lies on the heap, shared by all snapshots.
#[derive(Clone, Debug, Default)]
pub(super) enum Label {
    /// No text, or no longer.
    #[default]
    Vacant,
    /// So many bytes of UTF-8.
    Short(u8, [u8; SHORT]),
    /// More than 22 bytes.
    Long(Arc<str>),
}

impl Label {
    /// The label of a text.
    pub(super) fn new(text: &str) -> Self {
        let mut bytes = [0; SHORT];
        match (bytes.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(place), Ok(len)) => {
                place.copy_from_slice(text.as_bytes());
                Self::Short(len, bytes)
            }
            _ => Self::Long(text.into()),
        }
    }

    /// The bytes of its text; none if vacant.
    #[inline]
    pub(super) fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Vacant => None,
            Self::Short(len, bytes) => bytes.get(..usize::from(*len)),
            Self::Long(text) => Some(text.as_bytes()),
        }
    }

    /// Whether this is its text.
    #[inline(always)]
    pub(super) fn is(&self, text: &str) -> bool {
        let text = text.as_bytes();
        match self {
            Self::Vacant => false,
            Self::Short(len, bytes) => {
                usize::from(*len) == text.len() && bytes.get(..text.len()).is_some_and(|bytes| are_equal(text, bytes))
            }
            Self::Long(bytes) => bytes.as_bytes() == text,
        }
    }

    /// The bytes that it has on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        match self {
            Self::Vacant | Self::Short(..) => 0,
            Self::Long(text) => arc_slice::<u8>(text.len()),
        }
    }

    /// Its text; none if vacant.
    #[inline]
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Long(text) => Some(text),
            Self::Vacant | Self::Short(..) => std::str::from_utf8(self.bytes()?).ok(),
        }
    }
}
