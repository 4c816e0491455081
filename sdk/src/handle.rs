//! A resource of the host: lent for the call, or owned because it was asked for.

/// Either way of holding a resource.
pub(crate) enum Handle<'a, T> {
    /// Handed in by the host for this call.
    #[cfg_attr(not(target_arch = "wasm32"), expect(dead_code, reason = "only the host lends"))]
    Lent(&'a T),
    /// Answered by a getter.
    Own(T),
}

impl<T> std::ops::Deref for Handle<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        match self {
            Self::Lent(value) => value,
            Self::Own(value) => value,
        }
    }
}
