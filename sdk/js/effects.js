// What a plugin may propose: one method per effect, each calling its own function of the host.
import * as host from './host.js';
import { asking, imported, optional } from './error.js';

/** Why an effect is proposed: a sentence for people, 0 to 1, and what in the ticket led to it. */
export class Basis {
  constructor(reason, confidence) {
    this.reason = reason;
    this.confidence = confidence;
    this.quotes = [];
  }

  /** Adds short quotes or rule names. */
  evidence(...quotes) {
    this.quotes.push(...quotes.flat().map(String));
    return this;
  }
}

/** Begins a basis. */
export const because = (reason, confidence) => new Basis(reason, confidence);

/** Proposals for one ticket. */
class On {
  #ticket;

  constructor(ticket) {
    this.#ticket = ticket;
  }

  #propose(name, grant, args, why) {
    const call = imported(host.effects, name, grant);
    if (!(why instanceof Basis)) throw new TypeError(`${name} needs its reason: because('…', 0.9)`);
    const basis = { reason: why.reason, confidence: why.confidence, evidence: why.quotes };
    asking(() => call(this.#ticket, ...args, basis));
    return this;
  }

  setField(field, value, why) {
    return this.#propose('setField', 'effect:set-field', [field, String(value)], why);
  }

  addTag(tag, why) {
    return this.#propose('addTag', 'effect:add-tag', [tag], why);
  }

  removeTag(tag, why) {
    return this.#propose('removeTag', 'effect:remove-tag', [tag], why);
  }

  reply(text, why, { language, article } = {}) {
    return this.#propose('reply', 'effect:reply', [text, optional(language), optional(article)], why);
  }

  note(text, why) {
    return this.#propose('note', 'effect:note', [text], why);
  }

  notify(subject, text, why, { language } = {}) {
    return this.#propose('notify', 'effect:notify', [subject, text, optional(language)], why);
  }

  escalate(why, { team } = {}) {
    return this.#propose('escalate', 'effect:escalate', [optional(team)], why);
  }

  setTimer(key, afterS, why) {
    return this.#propose('setTimer', 'effect:set-timer', [key, BigInt(afterS)], why);
  }
}

/** The proposals of one run. Nothing counts unless the run ends well. */
export class Effects {
  /** Proposals for a ticket, or for the ticket with an id. */
  on(ticket) {
    return new On(typeof ticket === 'string' ? ticket : ticket.id);
  }
}
