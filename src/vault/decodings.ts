/**
 * Only this many characters are looked at. They leave room for the longest sealed key, written in JSON or
 * with its characters encoded.
 */
const LOOKED_AT = 16_384;

/** What is encoded twice is still found: a sealed key that was encoded once more has a header within it. */
const LAYERS = 2;

const ENTITIES: Readonly<Record<string, string>> = {
  lowbar: '_',
  quot: '"',
  period: '.',
  dash: '-',
  percnt: '%',
};

/**
 * Pasted text often is not as its sender wrote it: programs escape it, encode it, break it into lines, or put
 * other text around it. This returns the ways to read it: the text without escapes, and every printable text
 * that some part of it encodes in base64. What a token or a sealed key consists of is looked for in each.
 */
export function decodingsOf(text: string): string[] {
  let layer = [unescaped(text.slice(0, LOOKED_AT))];
  const decodings = [...layer];
  for (let depth = 0; depth < LAYERS; depth += 1) {
    layer = layer.flatMap(encodedIn);
    decodings.push(...layer);
  }
  return decodings;
}

/** Escapes of Markdown, JSON, addresses and HTML are undone, and what is not seen is left out. */
export function unescaped(text: string): string {
  const decoded = text
    .normalize('NFKC')
    .replace(/[\s\p{Default_Ignorable_Code_Point}]+/gu, '')
    .replace(/%(?:25)*([0-9a-f]{2})/gi, (_all, code: string) => character(code))
    .replace(/(?<!\\)\\+(?:u00|x)([0-9a-f]{2})/gi, (_all, code: string) => character(code))
    .replace(/&#x0*([0-9a-f]{2});/gi, (_all, code: string) => character(code))
    .replace(/&#0*(\d{2,3});/g, (_all, code: string) => String.fromCharCode(Number(code)))
    .replace(/&([a-z]{4,6});/g, (all, name: string) => ENTITIES[name] ?? all);
  return decoded.replaceAll('\\', '');
}

function character(hex: string): string {
  return String.fromCharCode(parseInt(hex, 16));
}

// If a run lost characters at its front, it can be decoded from one of its first four remaining characters.
// All four are tried. Other text than what was encoded hardly ever has six printable characters in a row.
function encodedIn(text: string): string[] {
  return (text.match(/[\w+/-]{8,}/g) ?? []).flatMap((run) =>
    [0, 1, 2, 3].flatMap((offset) => printable(Buffer.from(run.slice(offset), 'base64').toString('latin1'))),
  );
}

function printable(text: string): string[] {
  return (text.match(/[\t\n\r\x20-\x7E]{6,}/g) ?? []).map((part) => part.replace(/[\s\\]+/g, ''));
}
