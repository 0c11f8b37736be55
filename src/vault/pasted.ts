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
  | 'QUOTED'
  | 'PUNCTUATED';

const QUOTES = '"\'`´‘’‚‛“”„‟«»‹›＂＇';

const FORMS: readonly (readonly [PasteFault, readonly RegExp[]])[] = [
  ['OWN_TOKEN', [/^\W*lk_/i, /(^|[^a-z0-9])lk_[a-z]+_/i]],
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
  // what logs write in place of a secret.
  ['LOOKS_MASKED', [/(^|[^a-z0-9])x{4,}($|[^a-z0-9])/i, /redacted|\[filtered\]/i]],
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
    ],
  ],
  ['SCHEME', [/^\W*(bearer|basic|token|api-?key|key)(\s|%20|\+)/i]],
  ['ADDRESS', [/^[a-z][a-z0-9+.-]*:\/\//i]],
  ['QUOTED', [new RegExp(`^[${QUOTES}]|[${QUOTES}]$`, 'u')]],
  // These forms also find brackets, a backslash at the end of a line, and an escaped end of line.
  ['PUNCTUATED', [/^[,;([{<]/, /([,;)\]}>\\]|\\[nrt])$/]],
];

/** The text has been trimmed and is not longer than a key may be. */
export function pasteFaultOf(text: string): PasteFault | null {
  return FORMS.find(([, forms]) => forms.some((form) => form.test(text)))?.[0] ?? null;
}

/**
 * This tells whether text is, or contains, a token (a JWT) of an issuer, whoever it was made for. Whether it
 * is in force, or was signed by the issuer, does not matter.
 */
export function isTokenOf(issuer: string, text: string): boolean {
  // Splitting takes a time that grows with the length. A pattern for all three parts of a token would look at
  // the rest of the text again from every character on.
  const runs =
    text
      .slice(0, LOOKED_AT)
      .replace(/\s+/g, '')
      .match(/[\w.-]+/g) ?? [];
  return runs.some((run) => run.split('.').some((part) => issuerIn(part) === issuer));
}

/** The part may be the claims of a token. */
function issuerIn(part: string): unknown {
  const text = Buffer.from(part, 'base64url').toString();
  // An exception for each of thousands of parts would take longer than all the rest.
  if (!text.includes('iss')) return null;
  try {
    return (JSON.parse(text) as { readonly iss?: unknown } | null)?.iss;
  } catch {
    return null;
  }
}

/**
 * Only this many characters are looked at. They leave room for the longest sealed key, written in JSON or
 * with its characters encoded.
 */
const LOOKED_AT = 16_384;

// The header of a sealed key contains one of these, and the header of a signed token (a JWT) does not. The
// last form is the name of an upload key.
const OF_SEALED =
  /"(enc|epk)"\s*:|"alg"\s*:\s*"(ECDH|RSA-OAEP|RSA1_5|PBES2|A\d{3}|dir\b)|upload-\d{1,9}\.[0-9a-f]{8}-/;

/**
 * This tells whether text is what is left of a sealed key: cut off, quoted, in JSON, with other separators,
 * or with other text around it. A complete sealed key is recognised before this is asked. A JWT, which some
 * providers use as a key, does not count as one.
 */
export function isDamagedSealedKey(text: string): boolean {
  const looked = text.slice(0, LOOKED_AT).replace(/\s+/g, '');
  if (OF_SEALED.test(looked.replaceAll('\\', ''))) return true;
  const runs = looked.match(/[\w+/-]{8,}/g) ?? [];
  if (runs.some((run) => OF_SEALED.test(decodedAnywhere(run)))) return true;
  return isHeaderWithoutRest(looked);
}

// If a run lost characters at its front, it can be decoded from one of its first four remaining characters.
// All four are tried.
function decodedAnywhere(run: string): string {
  return [0, 1, 2, 3].map((offset) => Buffer.from(run.slice(offset), 'base64').toString('latin1')).join('\n');
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
