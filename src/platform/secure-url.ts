const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

export function isUrl(text: string, allows: (url: URL) => boolean): boolean {
  return URL.canParse(text) && allows(new URL(text));
}

/** Whether keys and tokens may be sent there: they must not cross a network in the clear. */
export function isSecureUrl(text: string): boolean {
  return isUrl(
    text,
    ({ protocol, hostname, username, password }) =>
      username + password === '' &&
      (protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname))),
  );
}

/** The same of an address below which others lie: a path behind a query or a fragment would lead nowhere. */
export function isSecureBaseUrl(text: string): boolean {
  return isSecureUrl(text) && !/[?#]/.test(text);
}
