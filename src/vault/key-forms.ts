import { ApiKeyText } from './secret';

/**
 * A reply could repeat a key as it is, in JSON or HTML, URL-encoded, in hex, or in base64, wherever in the
 * encoded bytes it begins. Each form is listed once.
 */
export function formsOf(key: ApiKeyText): string[] {
  const secret = ApiKeyText.reveal(key);
  const hex = Buffer.from(secret).toString('hex');
  const inHex = [hex, hex.toUpperCase()].flatMap((digits) =>
    ['%', '\\u00', '\\x'].map((before) => digits.replace(/../g, `${before}$&`)).concat(digits),
  );
  const forms = [secret, encodeURIComponent(secret), ...base64Of(secret), ...escapesOf(secret), ...inHex];
  return [...new Set(forms)];
}

function base64Of(secret: string): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.from(' '.repeat(offset) + secret);
    // The characters at both ends are left out where they also hold bits of what stands before or behind the
    // key.
    const inner = (text: string) =>
      text.replace(/=+$/, '').slice(Math.ceil((offset * 8) / 6), Math.floor((bytes.length * 8) / 6));
    return [inner(bytes.toString('base64')), inner(bytes.toString('base64url'))];
  });
}

function escapesOf(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const html = secret
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
  return [json, json.replaceAll('/', '\\/'), html, html.replaceAll("'", '&#39;')];
}
