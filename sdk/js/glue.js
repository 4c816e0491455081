// Stands between the exports of the contract and the author's hooks. A component without WASI has no console
// and drops uncaught errors: so whatever goes wrong is caught here, logged with its stack, and given back as a
// value of the contract.
import * as host from './host.js';
import { Effects } from './effects.js';
import { KulanzError } from './error.js';
import { log } from './index.js';
import { Document, Event, Firing, Ticket } from './views.js';

/** Bytes of UTF-8 before each position of a text, for positions in ascending or any order. */
function byteOffsets(text) {
  const at = new Uint32Array(text.length + 1);
  let bytes = 0;
  for (let i = 0; i < text.length; i += 1) {
    at[i] = bytes;
    const unit = text.charCodeAt(i);
    const paired = unit >= 0xd800 && unit < 0xdc00 && text.charCodeAt(i + 1) >= 0xdc00 && text.charCodeAt(i + 1) < 0xe000;
    if (paired) {
      // The position between two halves is the one before them: no span can end inside a character.
      at[i + 1] = bytes;
      i += 1;
      bytes += 4;
    } else {
      bytes += unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
    }
  }
  at[text.length] = bytes;
  return at;
}

/** Findings with positions of JavaScript's strings, as the contract wants them: bytes of UTF-8. */
export function findings(document, found) {
  const offsets = new Map();
  return found.map((finding) => {
    const part = document.parts[finding.part];
    if (!part) throw KulanzError.invalidInput(`a finding names part ${finding.part}, the document has ${document.parts.length}`);
    if (!offsets.has(part.index)) offsets.set(part.index, byteOffsets(part.text));
    const at = offsets.get(part.index);
    return {
      part: part.index,
      start: at[finding.start],
      end: at[finding.end],
      class: finding.class,
      score: finding.score ?? 1,
      rule: finding.rule ?? '',
    };
  });
}

const settings = () => Object.freeze(JSON.parse(host.config.settings()));

/** Places of the bundle, told as places of the author's files. The build step knows the lines. */
const places = (stack) =>
  String(stack ?? '').replace(/plugin\.js:(\d+)(:\d+)?/g, (place, line) => globalThis.__kulanzLines?.[line] ?? place);

function guarded(run) {
  try {
    const value = run();
    if (typeof value?.then === 'function') throw new TypeError('a hook answers at once: it must not be async');
    return value;
  } catch (error) {
    const known = error instanceof KulanzError;
    log.error(known ? `${error.kind}: ${error.message}\n${places(error.stack)}` : `panic: ${error}\n${places(error?.stack)}`);
    throw known
      ? { tag: error.kind, val: error.kind === 'retryable' ? error.afterS : error.message }
      : { tag: 'internal', val: String(error) };
  }
}

function said(verdict, words, example) {
  if (words.includes(verdict?.tag)) return verdict;
  throw new TypeError(`the hook must answer how it ended: return ${example}('…')`);
}

const reason = (why) => {
  if (typeof why === 'string') return why;
  throw new TypeError('the hook must answer the reason for what it did, as text');
};

/** One hook: the name of the author's method, and the interface that the component exports. */
const HOOKS = {
  redaction: (plugin) => ({
    redact: (raw) =>
      guarded(() => {
        const document = new Document(raw);
        return findings(document, plugin.redact(document, settings()));
      }),
  }),
  triage: (plugin) => ({
    triage: (event, ticket) =>
      guarded(() =>
        said(
          plugin.triage(new Event(event), new Ticket(ticket), settings(), new Effects()),
          ['done', 'abstained'],
          'Outcome.done',
        ),
      ),
  }),
  answering: (plugin) => ({
    answer: (event, ticket) =>
      guarded(() =>
        said(
          plugin.answer(new Event(event), new Ticket(ticket), settings(), new Effects()),
          ['answered', 'held', 'abstained'],
          'Answer.answered',
        ),
      ),
  }),
  notification: (plugin) => ({
    notify: (event, ticket) =>
      guarded(() => reason(plugin.notify(new Event(event), new Ticket(ticket), settings(), new Effects()))),
  }),
  events: (plugin) => ({
    handle: (event, ticket) =>
      guarded(() => reason(plugin.handle(new Event(event), new Ticket(ticket), settings(), new Effects()))),
  }),
  schedule: (plugin) => ({
    fire: (firing) => guarded(() => reason(plugin.fire(new Firing(firing), settings(), new Effects()))),
  }),
};

/** Which method of the author's object a hook calls. */
export const METHODS = {
  redaction: 'redact',
  triage: 'triage',
  answering: 'answer',
  notification: 'notify',
  events: 'handle',
  schedule: 'fire',
};

/** The interface that the component exports for a hook. Called while it is built, so a slip is found there. */
export function hook(name, plugin) {
  const method = METHODS[name];
  if (typeof plugin?.[method] !== 'function') {
    throw new Error(`plugin.toml declares hook ${name}: the default export needs a method ${method}(…)`);
  }
  return HOOKS[name](plugin);
}
