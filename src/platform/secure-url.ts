const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

export function isUrl(text: string, allows: (url: URL) => boolean): boolean {
  return URL.canParse(text) && allows(new URL(text));
}

/** Whether keys and tokens may be sent there: they must not cross a network in the clear. */
export function isSecureUrl(text: string): boolean {
  return isUrl(text, (url) => url.username === '' && (url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.has(url.hostname))));
}
