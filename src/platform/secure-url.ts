/** Tells whether a host, as it stands in a URL, names this machine in a way that no DNS server can change. */
export function isLoopback(hostname: string): boolean {
  return /^(?:localhost|127\.0\.0\.1|\[::1\])$/i.test(hostname);
}

// Of `https:a.example.com`, `new URL` makes an address as well, and of one with a line break in it.
export function isUrl(text: string, allows: (url: URL) => boolean): boolean {
  return /^https?:\/\/[^\s/\\][^\s\\]*$/i.test(text) && URL.canParse(text) && allows(new URL(text));
}

/** Tells whether keys and tokens may be sent to an address: they must not cross a network in the clear. */
export function isSecureUrl(text: string): boolean {
  return isUrl(
    text,
    ({ protocol, hostname, username, password }) =>
      username + password === '' && (protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))),
  );
}

/** Tells the same of an address to which paths are appended: it can have neither a query nor a fragment. */
export function isSecureBaseUrl(text: string): boolean {
  return isSecureUrl(text) && !/[?#]/.test(text);
}
