// The words of each category, and how they are found in a text.

export const URGENT = ['dringend', 'sofort', 'eilt', 'urgent', 'immediately', 'asap'];
export const REFUND = ['erstattung', 'rückerstattung', 'refund'];
export const CATEGORIES: [string, string[]][] = [
  ['billing', ['rechnung', 'zahlung', 'abbuchung', 'invoice', 'payment', 'charge', ...REFUND]],
  ['shipping', ['lieferung', 'paket', 'versand', 'delivery', 'parcel', 'shipping']],
  ['account', ['passwort', 'konto', 'anmeld', 'password', 'account', 'login']],
];

// The engine is built without Unicode tables (no \p{L}): the letters of western languages, spelled out.
const WORD = /[a-zß-öø-ÿ]+/g;

interface Words {
  count: number;
  /** Words that begin with one of the stems: "Rechnungen" counts for "rechnung". */
  beginning(stems: string[]): string[];
}

export function found(text: string): Words {
  if (text.includes('\0')) throw new RangeError('a text has no NUL');
  const words: string[] = text.toLowerCase().match(WORD) ?? [];
  return {
    count: words.length,
    beginning: (stems) => words.filter((word) => stems.some((stem) => word.startsWith(stem))),
  };
}
