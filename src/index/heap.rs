//! How many bytes an allocation asks for: what the estimates of the index add up.

/// The counts that stand before what an [`std::sync::Arc`] holds.
const COUNTS: usize = 2 * size_of::<usize>();

/// The bytes of an `Arc<T>` of a sized type.
pub(super) const fn arc_array<T>() -> usize {
    COUNTS + size_of::<T>()
}

/// The bytes of an `Arc<[T]>` of so many values.
pub(super) const fn arc_slice<T>(len: usize) -> usize {
    (COUNTS.next_multiple_of(align_of::<T>()) + len * size_of::<T>()).next_multiple_of(size_of::<usize>())
}
