/**
 * Why text that was pasted for a key is none, although it may have the characters of one. Real keys are never looked at by their
 * provider's form, which changes; only what surrounds them, or stands in their place, is recognised.
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
  // Four times the letter x as a word of its own, as in `sk-xxxx`, and what logs write in place of a secret.
  ['LOOKS_MASKED', [/(^|[^a-z0-9])x{4,}($|[^a-z0-9])/i, /redacted|\[filtered\]/i]],
  [
    'PLACEHOLDER',
    [
      // References of templates, shells and programs.
      /^\W*\{\{.*\}\}\W*$/,
      /^\W*[$#]\{.*\}\W*$/,
      /^\$\(.*\)$/,
      /^\$[a-z_]\w*$/i,
      /^%\w+%$/,
      /^__\w+__$/,
      /^<.*>$/,
      /^\[.*\]$/,
      /^(process\.env|import\.meta\.env|os\.environ|os\.getenv|secrets?\.|env[.([]|getenv)/i,
      // The name of a variable in place of its value.
      /^[A-Z][A-Z0-9_]*_(KEY|TOKEN|SECRET)$/,
      // The words of documentation.
      /(^|[^a-z])your[-_. ]?([a-z]+[-_. ])*(api|key|token|secret|value)/i,
      /^(insert|enter|paste|put|add|replace|type)[-_. ].*(key|token|secret|value|here)/i,
      /[-_. ]here$/i,
      /^(my[-_. ])?(api[-_. ]?key|key|token|secret|placeholder|example|change[-_. ]?me|replace[-_. ]?me|todo|tbd)$/i,
    ],
  ],
  [
    'NAMED',
    [
      // An assignment. What a key in base64 ends in is none.
      /^\W*((export|set|setx|let|const|var|env)\s+)?[$a-z_][\w.:[\]"'-]*\s*:?=\s*[^=\s]/i,
      // A header, or a property in JSON or YAML.
      new RegExp(`^\\W*[\\w-]*(key|token|secret|auth|authorization|bearer)[\\w-]*[${QUOTES}]?\\s*:`, 'i'),
    ],
  ],
  ['SCHEME', [/^\W*(bearer|basic|token|api-?key|key)(\s|%20|\+)/i]],
  ['ADDRESS', [/^[a-z][a-z0-9+.-]*:\/\//i]],
  ['QUOTED', [new RegExp(`^[${QUOTES}]|[${QUOTES}]$`, 'u')]],
  // Also brackets, the backslash before the end of a line, and an escaped one.
  ['PUNCTUATED', [/^[,;([{<]/, /([,;)\]}>\\]|\\[nrt])$/]],
];

/** `text` is trimmed, and not longer than a key may be. */
export function pasteFaultOf(text: string): PasteFault | null {
  return FORMS.find(([, forms]) => forms.some((form) => form.test(text)))?.[0] ?? null;
}

/** Room for the longest sealed key, written in JSON or with its characters encoded. */
const LOOKED_AT = 16_384;

// What the header of a sealed key has in it, and that of a signed token (a JWT) has not; or the name of an upload key.
const OF_SEALED =
  /"(enc|epk)"\s*:|"alg"\s*:\s*"(ECDH|RSA-OAEP|RSA1_5|PBES2|A\d{3}|dir\b)|upload-\d{1,9}\.[0-9a-f]{8}-/;

/**
 * Whether text is what is left of a sealed key: cut off, quoted, in JSON, with other separators, or with more round it. A sealed key that
 * is whole is recognised before, and a JWT, which some providers have for keys, is none.
 */
export function isDamagedSealedKey(text: string): boolean {
  const looked = text.slice(0, LOOKED_AT).replace(/\s+/g, '');
  if (OF_SEALED.test(looked.replaceAll('\\', ''))) return true;
  const runs = looked.match(/[\w+/-]{8,}/g) ?? [];
  if (runs.some((run) => OF_SEALED.test(decodedAnywhere(run)))) return true;
  return isHeaderWithoutRest(looked);
}

// A run that lost characters at its front decodes from the second, third or fourth of those that are left.
function decodedAnywhere(run: string): string {
  return [0, 1, 2, 3].map((offset) => Buffer.from(run.slice(offset), 'base64').toString('latin1')).join('\n');
}

// The header was cut off before it says what it is of. Base64 of JSON that is whole may be a key of some provider.
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
