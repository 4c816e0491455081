// What the host hands in, with its getters as properties. A property is asked for when it is first read and
// kept: what the host shows does not change during a run, and each question costs a host call.
import { asking, optional } from './error.js';

const RAW = Symbol('raw');

class View {
  constructor(raw) {
    Object.defineProperty(this, RAW, { value: raw });
  }
}

const same = (value) => value;
const number = (value) => (value === undefined || value === null ? undefined : Number(value));
const one = (View) => (raw) => (raw ? new View(raw) : undefined);
const many = (View) => (all) => all.map((raw) => new View(raw));

/** Defines properties that ask the host once: name in JavaScript, how to read the answer, name in the contract. */
function properties(Class, table) {
  for (const [name, [read, from = name]] of Object.entries(table)) {
    Object.defineProperty(Class.prototype, name, {
      enumerable: true,
      get() {
        const value = read(asking(() => this[RAW][from]()));
        Object.defineProperty(this, name, { value, enumerable: true });
        return value;
      },
    });
  }
}

export class Contact extends View {}
properties(Contact, {
  id: [same],
  name: [optional],
  email: [same],
  locale: [optional],
  timeZone: [optional],
  verified: [same],
  proactiveConsent: [same],
});

export class Message extends View {}
properties(Message, {
  id: [same],
  direction: [same],
  authorKind: [same],
  autoClass: [same],
  automatic: [same],
  public: [same],
  language: [optional],
  createdAtMs: [number],
  subject: [same],
  text: [same],
  replyText: [same],
  attachmentNames: [same],
});

export class Ticket extends View {
  /** One custom field. */
  custom(key) {
    return optional(asking(() => this[RAW].custom(key)));
  }
}
properties(Ticket, {
  id: [same],
  number: [number],
  status: [same],
  statusCategory: [same],
  priority: [same],
  channel: [same],
  language: [optional],
  category: [optional],
  team: [optional],
  assignee: [optional],
  tags: [same],
  createdAtMs: [number],
  lastCustomerMessageAtMs: [number],
  lastReplyAtMs: [number],
  solvedAtMs: [number],
  subject: [same],
  customFields: [Object.fromEntries],
  requester: [one(Contact)],
  lastInbound: [one(Message)],
  messages: [many(Message)],
});

export class Event extends View {
  /** The change of one field, if it changed. */
  change(field) {
    return this.changes.find((change) => change.field === field);
  }
}
properties(Event, {
  id: [same],
  eventType: [same],
  timeMs: [number],
  actorKind: [same],
  actorId: [same],
  depth: [same],
  changes: [(all) => all.map(([field, from, to]) => ({ field, from: optional(from), to: optional(to) }))],
  data: [JSON.parse],
  message: [one(Message)],
});

export class Firing extends View {}
properties(Firing, {
  schedule: [same],
  scheduledForMs: [number],
  firedAtMs: [number],
  missed: [same],
});

export class Article extends View {}
properties(Article, {
  id: [same],
  key: [same],
  locale: [same],
  title: [same],
  body: [same],
  product: [optional],
  score: [same],
  terms: [same],
});

export class Document extends View {}
properties(Document, {
  language: [optional],
  known: [same],
});
Object.defineProperty(Document.prototype, 'parts', {
  enumerable: true,
  get() {
    const raw = this[RAW];
    const value = Array.from({ length: raw.parts() }, (_, index) => ({
      index,
      name: raw.partName(index),
      text: raw.partText(index),
    }));
    Object.defineProperty(this, 'parts', { value, enumerable: true });
    return value;
  },
});
