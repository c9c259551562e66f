//! Revisions, and the opaque token that carries one out of the house.

/// The number of a tenant's log entry; the state after it. An empty log is at revision 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Revision(pub u64);
