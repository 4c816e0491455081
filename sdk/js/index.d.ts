/** Write a Kulanz plugin in JavaScript or TypeScript: export an object with one method per hook. */

/** What the default export of a plugin is: one method for each hook that plugin.toml declares. */
export interface Plugin<Settings = Record<string, unknown>> {
  /** The redaction hook: finds personal data before storage. A failure holds the message back. */
  redact?(document: Document, settings: Readonly<Settings>): Finding[];
  /** The triage hook: sorts tickets. */
  triage?(event: Event, ticket: Ticket, settings: Readonly<Settings>, out: Effects): Outcome;
  /** The answering hook: answers tickets, or says why not. */
  answer?(event: Event, ticket: Ticket, settings: Readonly<Settings>, out: Effects): Answer;
  /** The notification hook: tells customers of something that happened. Answers the reason for what it did. */
  notify?(event: Event, ticket: Ticket, settings: Readonly<Settings>, out: Effects): string;
  /** The events hook: reacts to any event of a ticket. Answers the reason for what it did. */
  handle?(event: Event, ticket: Ticket, settings: Readonly<Settings>, out: Effects): string;
  /** The schedule hook: runs on a cron schedule of plugin.toml. Answers the reason for what it did. */
  fire?(firing: Firing, settings: Readonly<Settings>, out: Effects): string;
}

export type StatusCategory = 'new' | 'open' | 'pending' | 'on_hold' | 'solved' | 'closed';
export type Priority = 'low' | 'normal' | 'high' | 'urgent';
export type AutoClass = 'human' | 'auto_replied' | 'auto_generated' | 'bounce' | 'list';

/** One case, as the stage sees it. Each property is one call of the host when it is first read. */
export interface Ticket {
  readonly id: string;
  /** Number for people. */
  readonly number: number;
  readonly status: string;
  readonly statusCategory: StatusCategory;
  readonly priority: Priority;
  /** email, form, chat or api */
  readonly channel: string;
  /** BCP 47, if known. */
  readonly language: string | undefined;
  readonly category: string | undefined;
  readonly team: string | undefined;
  readonly assignee: string | undefined;
  readonly tags: string[];
  /** Milliseconds since 1970, as all times. */
  readonly createdAtMs: number;
  readonly lastCustomerMessageAtMs: number | undefined;
  /** Our newest public message. */
  readonly lastReplyAtMs: number | undefined;
  readonly solvedAtMs: number | undefined;
  /** Needs `read:subject`; throws KulanzError `denied` without. */
  readonly subject: string;
  /** Needs `read:custom`. */
  custom(key: string): string | undefined;
  /** Needs `read:custom`. */
  readonly customFields: Record<string, string>;
  /** Who asks. */
  readonly requester: Contact | undefined;
  /** The newest message of the customer. */
  readonly lastInbound: Message | undefined;
  /** All messages, oldest first, at most the newest 50. Needs `read:history`. */
  readonly messages: Message[];
}

/** Who asks. */
export interface Contact {
  readonly id: string;
  /** Needs `read:contact.name`. */
  readonly name: string | undefined;
  /** Needs `read:contact.email`. */
  readonly email: string;
  readonly locale: string | undefined;
  /** IANA time zone, if known. */
  readonly timeZone: string | undefined;
  readonly verified: boolean;
  readonly proactiveConsent: boolean;
}

/** One utterance, already redacted. */
export interface Message {
  readonly id: string;
  readonly direction: 'inbound' | 'outbound' | 'note';
  /** contact, agent, plugin, api or system */
  readonly authorKind: string;
  readonly autoClass: AutoClass;
  /** Whether no person pressed send. */
  readonly automatic: boolean;
  /** Whether the customer can see it. */
  readonly public: boolean;
  readonly language: string | undefined;
  readonly createdAtMs: number;
  /** Needs `read:subject`. */
  readonly subject: string;
  /** The whole text. Needs `read:text`. */
  readonly text: string;
  /** The text without quotes and signature. Needs `read:text`. */
  readonly replyText: string;
  /** Needs `read:text`. */
  readonly attachmentNames: string[];
}

/** Why a plugin is called. */
export interface Event {
  readonly id: string;
  /** Dotted, past tense: message.received */
  readonly eventType: string;
  readonly timeMs: number;
  readonly actorKind: string;
  readonly actorId: string;
  /** Length of the chain of automatic events that led here. */
  readonly depth: number;
  readonly changes: Change[];
  /** The change of one field, if it changed. */
  change(field: string): Change | undefined;
  /** What is particular to the type. */
  readonly data: any;
  /** The message this event is about. */
  readonly message: Message | undefined;
}

/** One field's change. */
export interface Change {
  field: string;
  from: string | undefined;
  to: string | undefined;
}

/** A text to be searched for personal data, in named parts. */
export interface Document {
  readonly parts: Part[];
  readonly language: string | undefined;
  /** Names and addresses known from the message itself. */
  readonly known: string[];
}

export interface Part {
  index: number;
  /** subject, text, file_name, … */
  name: string;
  text: string;
}

/** A span of personal data: positions as JavaScript's strings count, end exclusive. */
export interface Finding {
  /** Index of the part. */
  part: number;
  start: number;
  end: number;
  /** Class such as IBAN. */
  class: string;
  /** 0 to 1; 1 when absent. */
  score?: number;
  /** The rule that found it. */
  rule?: string;
}

/** A schedule that fired. */
export interface Firing {
  /** Name of the schedule in plugin.toml. */
  readonly schedule: string;
  readonly scheduledForMs: number;
  readonly firedAtMs: number;
  /** Firings before this one that were missed and are not made up for. */
  readonly missed: number;
}

/** A knowledge-base article that was found. */
export interface Article {
  readonly id: string;
  /** Shared by its translations; what `reply` names as its article. */
  readonly key: string;
  readonly locale: string;
  readonly title: string;
  readonly body: string;
  /** The product that it is about; undefined: it holds for all. */
  readonly product: string | undefined;
  /** 0 to 1: how well it fits the question. */
  readonly score: number;
  /** Words of the question that it has, strongest first. */
  readonly terms: string[];
}

/** How triage ended, with the reason for people. */
export interface Outcome {
  readonly tag: 'done' | 'abstained';
  readonly val: string;
}
export const Outcome: {
  /** Sorted. */
  done(why: string): Outcome;
  /** Not sure enough. */
  abstained(why: string): Outcome;
};

/** How answering ended, with the reason for people. */
export interface Answer {
  readonly tag: 'answered' | 'held' | 'abstained';
  readonly val: string;
}
export const Answer: {
  /** Proposed a reply. */
  answered(why: string): Answer;
  /** Nobody should answer automatically. */
  held(why: string): Answer;
  /** Has nothing to say. */
  abstained(why: string): Answer;
};

/** Why an effect is proposed. */
export interface Basis {
  /** Adds short quotes of the ticket, or names of rules. */
  evidence(...quotes: (string | string[])[]): Basis;
}
/** Begins a basis: one sentence for people, and a confidence from 0 to 1. */
export function because(reason: string, confidence: number): Basis;

/** The proposals of one run. Nothing counts unless the run ends well. */
export interface Effects {
  /** Proposals for a ticket, or for the ticket with an id. */
  on(ticket: Ticket | string): On;
}

/** Proposals for one ticket. Each needs the grant `effect:<name>`. */
export interface On {
  /** Set status, priority, language, category, team, assignee or custom.<key>. */
  setField(field: string, value: string, why: Basis): this;
  addTag(tag: string, why: Basis): this;
  removeTag(tag: string, why: Basis): this;
  /** Answer the customer; plain text. */
  reply(text: string, why: Basis, more?: { language?: string; article?: string }): this;
  /** Leave a note among us. */
  note(text: string, why: Basis): this;
  /** Write to the requester without having been asked. */
  notify(subject: string, text: string, why: Basis, more?: { language?: string }): this;
  /** Hand to people with urgency; to the ticket's own team when none is named. */
  escalate(why: Basis, more?: { team?: string }): this;
  /** Be called again with timer.due after so many seconds. */
  setTimer(key: string, afterS: number, why: Basis): this;
}

/** What went wrong. A denied capability is an error that can be caught, never the end of the run. */
export class KulanzError extends Error {
  readonly kind: 'invalid-input' | 'denied' | 'retryable' | 'unavailable' | 'internal';
  /** Seconds after which to try again; only when the kind is retryable. */
  readonly afterS?: number;
  /** The input makes no sense; says what to fix. */
  static invalidInput(sentence: string): KulanzError;
  static denied(sentence: string): KulanzError;
  /** Have the run repeated after so many seconds. */
  static retryable(seconds: number): KulanzError;
  static unavailable(sentence: string): KulanzError;
  static internal(sentence: string): KulanzError;
}

/** Lines for the run's record. Bounded; what is too much is dropped and counted. */
export const log: Record<'trace' | 'debug' | 'info' | 'warn' | 'error', (message: unknown) => void>;

/** Values that last between runs, per installation. Writes count only if the run ends well. Needs `use:kv`. */
export const kv: {
  get(key: string): Uint8Array | undefined;
  getText(key: string): string | undefined;
  getJson(key: string): any;
  set(key: string, value: Uint8Array | string): void;
  setJson(key: string, value: unknown): void;
  delete(key: string): void;
  /** At most 1,000 keys that begin with the prefix, in order. */
  keys(prefix?: string): string[];
};

/** Which tickets; what is absent means any. */
export interface Query {
  statusCategory?: StatusCategory;
  tag?: string;
  team?: string;
  /** The same requester as the ticket with this id. */
  requesterOf?: string;
  customerSilentSinceMs?: number;
  /** Newest public message was ours and before this. */
  repliedBeforeMs?: number;
  solvedBeforeMs?: number;
  createdAfterMs?: number;
  /** At most so many (1 to 200); 200 when absent. */
  limit?: number;
}

/** Reading other tickets. Needs `use:tickets`. */
export const tickets: {
  get(id: string): Ticket | undefined;
  /** Oldest first. */
  search(query?: Query): Ticket[];
};

/** Searching public articles. Needs `use:knowledge`. */
export const knowledge: {
  /** Best first; in one language if given; 5 unless limit says otherwise, at most 20. */
  search(question: string, more?: { language?: string; limit?: number }): Article[];
};

/** A language model: vectors of another digest cannot be compared with its own. */
export interface Model {
  digest: string;
  /** Numbers in a vector. */
  dimension: number;
}

/** What texts mean, as vectors of the language model in place. Needs `use:embed`. */
export const embed: {
  /** The model in place; undefined where there is none. */
  model(): Model | undefined;
  /** One vector of length one for each text, at most 64 texts. Unavailable without a model. */
  vectors(texts: string[]): Float32Array[];
};

export interface Response {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: Uint8Array;
  text(): string;
  json(): any;
}

/** Requests to hosts that were granted by name (`http:<host>`), https only. Redirects are not followed. */
export const http: {
  send(request: {
    method?: string;
    url: string;
    headers?: Record<string, string>;
    body?: Uint8Array | string;
  }): Response;
  get(url: string, headers?: Record<string, string>): Response;
  postJson(url: string, value: unknown): Response;
};

/** Time stands still during a run, so that a run can be repeated. */
export const clock: {
  nowMs(): number;
  /** Offset of an IANA zone from UTC at an instant, in seconds; absent for an unknown zone. */
  utcOffsetS(zone: string, atMs: number): number | undefined;
};

/** Chance from the run's seed, so that a run can be repeated. Not for secrets. */
export const random: {
  nextU64(): bigint;
  /** At most 4096 bytes. */
  bytes(length: number): Uint8Array;
};
