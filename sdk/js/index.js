// Write a Kulanz plugin in JavaScript or TypeScript: export an object with one method per hook.
// The words are those of the SDK for Rust; index.d.ts says what each of them means.
import * as host from './host.js';
import { asking, imported, optional } from './error.js';
import { Article, Ticket } from './views.js';

export { KulanzError } from './error.js';
export { because } from './effects.js';

const verdict = (tag) => (why) => ({ tag, val: String(why) });

/** How triage ended, with the reason for people. */
export const Outcome = { done: verdict('done'), abstained: verdict('abstained') };

/** How answering ended, with the reason for people. */
export const Answer = { answered: verdict('answered'), held: verdict('held'), abstained: verdict('abstained') };

const say = (level) => (message) => host.log?.write(level, String(message));

export const log = {
  trace: say('trace'),
  debug: say('debug'),
  info: say('info'),
  warn: say('warn'),
  error: say('error'),
};

const bytes = (value) => (typeof value === 'string' ? new TextEncoder().encode(value) : value);
const words = (value) => new TextDecoder().decode(value);

const ask = (module, name, grant, ...args) => {
  const call = imported(host[module], name, grant);
  return asking(() => call(...args));
};

export const kv = {
  get: (key) => optional(ask('kv', 'get', 'use:kv', key)),
  set: (key, value) => ask('kv', 'set', 'use:kv', key, bytes(value)),
  delete: (key) => ask('kv', 'delete', 'use:kv', key),
  keys: (prefix = '') => ask('kv', 'keys', 'use:kv', prefix),
  getText: (key) => {
    const value = kv.get(key);
    return value && words(value);
  },
  getJson: (key) => {
    const value = kv.getText(key);
    return value && JSON.parse(value);
  },
  setJson: (key, value) => kv.set(key, JSON.stringify(value)),
};

const instant = (ms) => (ms === undefined || ms === null ? undefined : BigInt(ms));

export const tickets = {
  get: (id) => {
    const raw = ask('tickets', 'get', 'use:tickets', id);
    return raw ? new Ticket(raw) : undefined;
  },
  search: (query = {}) => {
    const raw = ask('tickets', 'search', 'use:tickets', {
      statusCategory: optional(query.statusCategory),
      tag: optional(query.tag),
      team: optional(query.team),
      requesterOf: optional(query.requesterOf),
      customerSilentSinceMs: instant(query.customerSilentSinceMs),
      repliedBeforeMs: instant(query.repliedBeforeMs),
      solvedBeforeMs: instant(query.solvedBeforeMs),
      createdAfterMs: instant(query.createdAfterMs),
      limit: query.limit ?? 200,
    });
    return raw.map((one) => new Ticket(one));
  },
};

export const knowledge = {
  search: (question, { language, limit = 5 } = {}) =>
    ask('knowledge', 'search', 'use:knowledge', question, optional(language), limit).map((raw) => new Article(raw)),
};

export const embed = {
  model: () => optional(ask('embed', 'model', 'use:embed')),
  vectors: (texts) => ask('embed', 'vectors', 'use:embed', texts).map((vector) => Float32Array.from(vector)),
};

export const http = {
  send: ({ method = 'GET', url, headers = {}, body = '' }) => {
    const request = { method, url, headers: Object.entries(headers), body: bytes(body) };
    const answer = ask('http', 'send', `http:${hostOf(url)}`, request);
    return {
      status: answer.status,
      headers: Object.fromEntries(answer.headers.map(([name, value]) => [name.toLowerCase(), value])),
      body: answer.body,
      text: () => words(answer.body),
      json: () => JSON.parse(words(answer.body)),
    };
  },
  get: (url, headers = {}) => http.send({ url, headers }),
  postJson: (url, value) =>
    http.send({ method: 'POST', url, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) }),
};

// As a grant names it: in small letters, with its port unless that is 443. The engine is built without the web's URL
// class when all its features are off.
const hostOf = (url) =>
  /^https:\/\/([^/?#]+)/
    .exec(url)?.[1]
    .toLowerCase()
    .replace(/:443$/, '') ?? '<host>';

export const clock = {
  nowMs: () => Number(host.clock.nowMs()),
  utcOffsetS: (zone, atMs) => optional(host.clock.utcOffsetS(zone, BigInt(atMs))),
};

export const random = {
  nextU64: () => host.random.nextU64(),
  bytes: (length) => host.random.bytes(length),
};
