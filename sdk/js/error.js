// The five ways in which a call can fail, on both sides of the border.

/** What went wrong. A denied capability is an error that can be caught, never the end of the run. */
export class KulanzError extends Error {
  /** invalid-input, denied, retryable, unavailable or internal */
  kind;
  /** Seconds after which to try again; only when the kind is retryable. */
  afterS;

  constructor(kind, value) {
    super(kind === 'retryable' ? `try again in ${value} s` : String(value));
    this.name = 'KulanzError';
    this.kind = kind;
    if (kind === 'retryable') this.afterS = Number(value);
  }

  static invalidInput(sentence) {
    return new KulanzError('invalid-input', sentence);
  }

  static denied(sentence) {
    return new KulanzError('denied', sentence);
  }

  static retryable(seconds) {
    return new KulanzError('retryable', seconds);
  }

  static unavailable(sentence) {
    return new KulanzError('unavailable', sentence);
  }

  static internal(sentence) {
    return new KulanzError('internal', sentence);
  }
}

const KINDS = ['invalid-input', 'denied', 'retryable', 'unavailable', 'internal'];

/** Calls the host; an error value of the contract becomes a KulanzError. */
export function asking(call) {
  try {
    return call();
  } catch (error) {
    const { tag, val } = error?.payload ?? {};
    throw KINDS.includes(tag) ? new KulanzError(tag, val) : error;
  }
}

/** One function of an interface, or an error that says which line of plugin.toml is missing. */
export function imported(module, name, grant) {
  const found = module?.[name];
  if (found) return found;
  throw KulanzError.denied(`plugin.toml does not ask for ${grant}: add a [[grant]] to = "${grant}" with a reason`);
}

/** Absent and null are the same to the host. */
export const optional = (value) => value ?? undefined;
