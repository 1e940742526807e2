// The data of records in one spelling, so that what a plan writes and what a server answers can be compared.

/** The types that a plan may name. */
export const recordTypes = ['A', 'AAAA', 'CNAME', 'MX', 'NS', 'PTR', 'SRV', 'TXT', 'CAA'] as const;

/** The type of a record. */
export type RecordType = (typeof recordTypes)[number];

const quoted = /"((?:[^"\\]|\\.)*)"/g;
/** What one string of a TXT record can hold. */
const stringMaxBytes = 255;

/** One spelling of the data, whoever wrote it: names in lower case with their dot, texts in quotes. */
export function canonical(type: string, data: string): string {
  const words = data.trim().split(/\s+/);
  switch (type) {
    case 'AAAA':
      return canonicalAddress(data.trim());
    case 'CNAME':
    case 'NS':
    case 'PTR':
    case 'MX':
    case 'SRV':
      return [...words.slice(0, -1), absolute(words.at(-1) ?? '')].join(' ');
    case 'TXT':
      return quotedText(textIn(data));
    default:
      return words.join(' ');
  }
}

/** Whether the data can be of that type; a complaint when not. */
export function complaintOf(type: RecordType, data: string): string | undefined {
  if (/\p{C}/u.test(data)) return 'holds a control character';
  if (type === 'TXT') return undefined;
  if (/["\\;()]/.test(type === 'CAA' ? data.replaceAll(/"[^"\\;()]*"/g, '') : data))
    return 'holds a character that no such record has';
  const form = forms[type];
  return form.test(data.trim()) ? undefined : `is no ${type} record`;
}

const host = String.raw`[A-Za-z0-9_*-]+(\.[A-Za-z0-9_-]+)*\.?`;
const forms: { readonly [type in Exclude<RecordType, 'TXT'>]: RegExp } = {
  A: /^((25[0-5]|2[0-4]\d|1?\d?\d)(\.|$)){4}$/,
  AAAA: /^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$/,
  CNAME: new RegExp(`^${host}$`),
  NS: new RegExp(`^${host}$`),
  PTR: new RegExp(`^${host}$`),
  MX: new RegExp(String.raw`^\d{1,5}\s+(${host}|\.)$`),
  SRV: new RegExp(String.raw`^\d{1,5}\s+\d{1,5}\s+\d{1,5}\s+(${host}|\.)$`),
  CAA: /^\d{1,3}\s+[a-z0-9]+\s+"[^"\\]*"$/,
};

function absolute(name: string): string {
  return name === '.' ? name : `${name.toLowerCase().replace(/\.$/, '')}.`;
}

/** `2001:DB8:0:0::1` and `2001:db8::1` are the same; URL knows how. */
function canonicalAddress(address: string): string {
  const url = `http://[${address}]/`;
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : address.toLowerCase();
}

/** The text of a TXT record: its strings one after the other, or the data itself when it is in no quotes. */
function textIn(data: string): string {
  const strings = [...data.matchAll(quoted)];
  if (!data.trim().startsWith('"') || strings.length === 0) return data;
  return strings.map(([, text = '']) => unescaped(text)).join('');
}

function unescaped(text: string): string {
  // Bytes that are not printed come as \DDD.
  const bytes = text.replaceAll(/\\(\d{3}|.)/g, (_all, what: string) =>
    what.length === 3 ? `\0${String.fromCharCode(Number(what))}` : what,
  );
  return bytes.includes('\0')
    ? Buffer.from(bytes.replaceAll('\0', ''), 'latin1').toString('utf8')
    : bytes;
}

/** In pieces that fit, each in quotes. */
function quotedText(text: string): string {
  const pieces: string[] = [''];
  let sizeBytes = 0;
  for (const letter of text) {
    const bytes = Buffer.byteLength(letter);
    if (sizeBytes + bytes > stringMaxBytes) {
      pieces.push('');
      sizeBytes = 0;
    }
    sizeBytes += bytes;
    pieces[pieces.length - 1] += letter;
  }
  return pieces.map((piece) => `"${piece.replaceAll(/["\\]/g, (each) => `\\${each}`)}"`).join(' ');
}
