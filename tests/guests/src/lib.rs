//! Guests that misbehave. Each example proves one sentence about the sandbox; each has its manifest beside
//! it. This library is empty: the examples share nothing but the SDK.
