// Sorts tickets by words. Says the same as ../python/plugin.py; a test holds both to that.
import { KulanzError, Outcome, because, embed, log, type Basis, type Plugin, type Ticket } from 'kulanz';
import { CATEGORIES, REFUND, URGENT, found } from './words.ts';

interface Settings {
  strict: boolean;
  tell_meaning: boolean;
  urgent_words: string[];
}

const why = (reason: string, evidence: string[]): Basis =>
  because(reason, Math.min(0.95, 0.6 + 0.1 * evidence.length)).evidence(evidence.slice(0, 8));

/** The text, or why it may not be read. */
function textOf(ticket: Ticket, strict: boolean): { text?: string; denied?: string } {
  const message = ticket.lastInbound;
  if (!message) return {};
  try {
    return { text: message.replyText };
  } catch (error) {
    if (strict || !(error instanceof KulanzError) || error.kind !== 'denied') throw error;
    log.warn(`denied: ${error.message}`);
    return { denied: error.message };
  }
}

/** The text's vector; which model said so. */
function meaning(text: string): string {
  const model = embed.model();
  if (!model) return 'no model';
  const [vector] = embed.vectors([text]);
  return `${model.digest} of ${model.dimension}: ${[...vector].join(' ')}`;
}

export default {
  triage(_event, ticket, settings, out) {
    const { text, denied } = textOf(ticket, settings.strict);
    if (denied) return Outcome.abstained(`May not read: ${denied}`);
    if (text === undefined) return Outcome.abstained('Nobody wrote yet.');
    if (settings.tell_meaning) log.info(meaning(text));
    const words = found(text);
    let best: { category: string; evidence: string[] } = { category: '', evidence: [] };
    for (const [category, stems] of CATEGORIES) {
      const evidence = words.beginning(stems);
      if (evidence.length > best.evidence.length) best = { category, evidence };
    }
    const { category, evidence } = best;
    const urgent = words.beginning([...URGENT, ...settings.urgent_words]);
    const refund = words.beginning(REFUND);
    const on = out.on(ticket);
    if (category) on.setField('category', category, why(`Speaks of ${category}.`, evidence));
    if (urgent.length) on.setField('priority', 'high', why('Says that it is urgent.', urgent));
    if (refund.length) on.addTag('refund', why('Asks for money back.', refund));
    log.info(`ticket ${ticket.number}: ${words.count} words, category ${category || 'none'}`);
    return category ? Outcome.done(`Sorted into ${category}.`) : Outcome.abstained('No word of any category.');
  },
} satisfies Plugin<Settings>;
