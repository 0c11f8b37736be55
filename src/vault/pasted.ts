import { hasOwnToken } from './own-tokens';
import { decodingsOf } from './decodings';

/**
 * These are the reasons why pasted text is not a key, although it may have the characters of one. The form of
 * a provider's real keys is never checked, because it changes. Only what surrounds a key, or stands in its
 * place, is recognised.
 */
export type PasteFault =
  | 'OWN_TOKEN'
  | 'DAMAGED'
  | 'NO_VALUE'
  | 'PLACEHOLDER'
  | 'LOOKS_MASKED'
  | 'NAMED'
  | 'SCHEME'
  | 'ADDRESS'
  | 'CONTACT'
  | 'ENCODED'
  | 'QUOTED'
  | 'PUNCTUATED'
  | 'REPEATED'
  | 'SEVERAL'
  | 'INVISIBLE';

const QUOTES = '"\'`´‘’‚‛“”„‟«»‹›＂＇';

const FORMS: readonly (readonly [PasteFault, readonly RegExp[]])[] = [
  [
    'NO_VALUE',
    [
      /^\W*(null|none|nil|nan|true|false|n\/a)\W*$/i,
      /(^|[^a-z])undefined($|[^a-z])/i,
      /\[object \w+\]/i,
      /^\[(secret|function)\b.*\]$/i,
    ],
  ],
  // The first form is the letter x, at least four times, as a word of its own, as in `sk-xxxx`. The second is
  // what stands in place of most of a key: fewer than one in a million keys of 40 random characters have it.
  // The third is what logs write in place of a secret.
  ['LOOKS_MASKED', [/(^|[^a-z0-9])x{4,}($|[^a-z0-9])/i, /x{6,}|-{5,}|_{5,}/i, /redacted|\[filtered\]/i]],
  [
    'PLACEHOLDER',
    [
      // These are references to variables in templates, shells and programs.
      /^\W*\{\{.*\}\}\W*$/,
      /^\W*[$#]\{.*\}\W*$/,
      /^\$\(.*\)$/,
      /^\$[a-z_]\w*$/i,
      /^%\w+%$/,
      /^__\w+__$/,
      /^<.*>$/,
      /^\[.*\]$/,
      /^(process\.env|import\.meta\.env|os\.environ|os\.getenv|secrets?\.|env[.([]|getenv)/i,
      // This is the name of a variable in place of its value.
      /^[A-Z][A-Z0-9_]*_(KEY|TOKEN|SECRET)$/,
      /^[A-Z]+(_[A-Z]+)+$/,
      // These are words that documentation writes in place of a key.
      /(^|[^a-z])your[-_. ]?([a-z]+[-_. ])*(api|key|token|secret|value)/i,
      /^(insert|enter|paste|put|add|replace|type)[-_. ].*(key|token|secret|value|here)/i,
      /[-_. ]here$/i,
      /^(my[-_. ])?(api[-_. ]?key|key|token|secret|placeholder|example|change[-_. ]?me|replace[-_. ]?me|todo|tbd)$/i,
    ],
  ],
  [
    'NAMED',
    [
      // This is an assignment. The `=` at the end of a key in base64 is not taken for one.
      /^\W*((export|set|setx|let|const|var|env)\s+)?[$a-z_][\w.:[\]"'-]*\s*:?=\s*[^=\s]/i,
      // This is a header, or a property in JSON or YAML.
      new RegExp(`^\\W*[\\w-]*(key|token|secret|auth|authorization|bearer)[\\w-]*[${QUOTES}]?\\s*:`, 'i'),
      // This is the name of a variable with any other separator, as in a table.
      /^[A-Z]+(_[A-Z]+)+[^\w.+/-]/,
    ],
  ],
  ['SCHEME', [/^\W*(bearer|authorization)/i, /^\W*(basic|token|api-?key|key)(\s|%20|\+)/i]],
  // These are addresses, and references to a secret that is kept elsewhere: `arn:`, `vault:`, `mailto:`.
  ['ADDRESS', [/^[a-z][a-z0-9+.-]*:\/\//i, /^[a-z]{2,}(-[a-z]+)*:/i, /(^|\/)secrets?\//i]],
  ['CONTACT', [/^[^@\s]+@[^@\s]+\.[a-z]{2,}$/i, /^\+[\d().-]{7,20}$/, /^\d+([().-]+\d+)+$/]],
  ['ENCODED', [/%[0-7][0-9a-f]/i, /&(#\d{2,4}|#x[0-9a-f]{2,4}|quot|amp|apos|lt|gt);/i, /\\u00[0-9a-f]{2}/i]],
  ['QUOTED', [new RegExp(`^[${QUOTES}]|[${QUOTES}]$`, 'u')]],
  // Keys contain such characters, if any, in their middle. Before or behind a key they belong to the text
  // from which it was copied: the end of a sentence, Markdown, a table, a prompt, a bracket, a template.
  ['PUNCTUATED', [/^[.,;:([{<>)\]}|*#%@&$?=^\\]|^~~/, /([.,;:([{<>)\]}|*#%@&$?^\\]|~~|\\[nrt])$/]],
];

// These show nothing, or what looks like a space but is none of the keyboard.
const INVISIBLE = /(?![ \n\r\t])[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u;

// Lists of keys have such separators. Every part is long enough for a key, and has nothing but what keys of
// providers mostly consist of: one key may have a comma in its middle.
const SEVERAL = /^[\w.+/=-]{8,}([ \t\r\n,;|]+[\w.+/=-]{8,})+$/;

/** The text has been trimmed and is not longer than a key may be. */
export function pasteFaultOf(text: string): PasteFault | null {
  if (hasOwnToken(text)) return 'OWN_TOKEN';
  const fault = FORMS.find(([, forms]) => forms.some((form) => form.test(text)))?.[0];
  if (fault) return fault;
  if (isRepeated(text)) return 'REPEATED';
  if (SEVERAL.test(text)) return 'SEVERAL';
  return INVISIBLE.test(text) ? 'INVISIBLE' : null;
}

// Pasting twice puts the key there twice. A key is more than a word that repeats.
function isRepeated(text: string): boolean {
  const [, once = ''] = /^(.{8,}?)(?:[^\w]{0,3}\1)+$/.exec(text) ?? [];
  return /\d/.test(once) && new Set(once).size > 4;
}

/**
 * This tells whether text is, or contains, a token (a JWT) of an issuer, whoever it was made for. Whether it
 * is in force, or was signed by the issuer, does not matter.
 */
export function isTokenOf(issuer: string, text: string): boolean {
  const claim = `"iss":${JSON.stringify(issuer)}`;
  return decodingsOf(text).some((decoding) => decoding.includes(claim));
}

// The header of a sealed key contains one of these, and the header of a signed token (a JWT) does not. The
// last form is the name of an upload key.
const OF_SEALED =
  /"(enc|epk)":|"alg":"(ECDH|RSA-OAEP|RSA1_5|PBES2|A\d{3}|dir\b)|lk_(owner|provider|region)|upload-\d{1,9}\.[0-9a-f]{8}-/;

// This is what stands behind the header of a sealed key: the initialisation vector of 12 bytes or the end of
// it, the ciphertext and the tag of 16 bytes. No signature of a JWT is so short.
const WITHOUT_HEADER = /^\W*[\w-]{0,16}\.[\w-]+\.[\w-]{22}\W*$/;

/**
 * This tells whether text is what is left of a sealed key: cut off, quoted, in JSON, with other separators,
 * or with other text around it. A complete sealed key is recognised before this is asked. A JWT, which some
 * providers use as a key, does not count as one.
 */
export function isDamagedSealedKey(text: string): boolean {
  const decodings = decodingsOf(text);
  const [looked = ''] = decodings;
  return (
    decodings.some((decoding) => OF_SEALED.test(decoding) || WITHOUT_HEADER.test(decoding)) ||
    isHeaderWithoutRest(looked)
  );
}

// The header may have been cut off before the part that tells what it belongs to. Complete JSON in base64 is
// let through, because it may be a key of some provider.
function isHeaderWithoutRest(text: string): boolean {
  const parts = text.replace(new RegExp(`^[${QUOTES}]+|[${QUOTES}]+$`, 'gu'), '').split('.');
  const [header = ''] = parts;
  if (parts.length === 3 || !/^ey[IJ][\w-]*$/.test(header)) return false;
  try {
    JSON.parse(Buffer.from(header, 'base64url').toString());
    return false;
  } catch {
    return true;
  }
}
