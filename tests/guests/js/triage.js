// Sorts tickets by words. Says the same as ../python/triage_app.py; a test holds both to that.
//
// A component without WASI has no console and drops uncaught errors: so everything that goes wrong is
// caught, logged with its stack and given back as a value of the contract.
import { addTag, setField } from 'kulanz:plugin/effects@0.1.0';
import { settings } from 'kulanz:plugin/config@0.1.0';
import { write } from 'kulanz:plugin/log@0.1.0';

const URGENT = ['dringend', 'sofort', 'eilt', 'urgent', 'immediately', 'asap'];
const REFUND = ['erstattung', 'rückerstattung', 'refund'];
const CATEGORIES = [
  ['billing', ['rechnung', 'zahlung', 'abbuchung', 'invoice', 'payment', 'charge', ...REFUND]],
  ['shipping', ['lieferung', 'paket', 'versand', 'delivery', 'parcel', 'shipping']],
  ['account', ['passwort', 'konto', 'anmeld', 'password', 'account', 'login']],
];

// The engine is built without Unicode tables (no \p{L}): the letters of western languages, spelled out.
const WORD = /[a-zß-öø-ÿ]+/g;

// Words of the text that begin with one of the stems: "Rechnungen" counts for "rechnung".
const found = (words, stems) => words.filter((word) => stems.some((stem) => word.startsWith(stem)));

const basis = (reason, evidence) => ({
  reason,
  confidence: Math.min(0.95, 0.6 + 0.1 * evidence.length),
  evidence: evidence.slice(0, 8),
});

function sort(ticket, text, urgentWords) {
  const words = text.toLowerCase().match(WORD) ?? [];
  const id = ticket.id();
  let best = ['', []];
  for (const [category, stems] of CATEGORIES) {
    const evidence = found(words, stems);
    if (evidence.length > best[1].length) best = [category, evidence];
  }
  const [category, evidence] = best;
  const urgent = found(words, [...URGENT, ...urgentWords]);
  const refund = found(words, REFUND);
  if (category) setField(id, 'category', category, basis(`Speaks of ${category}.`, evidence));
  if (urgent.length) setField(id, 'priority', 'high', basis('Says that it is urgent.', urgent));
  if (refund.length) addTag(id, 'refund', basis('Asks for money back.', refund));
  write('info', `ticket ${ticket.number()}: ${words.length} words, category ${category || 'none'}`);
  return category
    ? { tag: 'done', val: `Sorted into ${category}.` }
    : { tag: 'abstained', val: 'No word of any category.' };
}

function handle(ticket) {
  const { strict = false, urgent_words: urgentWords = [] } = JSON.parse(settings());
  const message = ticket.lastInbound();
  if (!message) return { tag: 'abstained', val: 'Nobody wrote yet.' };
  let text;
  try {
    text = message.replyText();
  } catch (error) {
    if (strict || error.payload?.tag !== 'denied') throw error;
    write('warn', `denied: ${error.payload.val}`);
    return { tag: 'abstained', val: `May not read: ${error.payload.val}` };
  }
  return sort(ticket, text, urgentWords);
}

export const triage = {
  triage(_event, ticket) {
    try {
      return handle(ticket);
    } catch (error) {
      // An error of the contract goes on as it is.
      if (error?.payload?.tag) throw error.payload;
      write('error', `panic: ${error}\n${error?.stack}`);
      throw { tag: 'internal', val: String(error) };
    }
  },
};
