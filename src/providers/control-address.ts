import { isSuccess, type ProviderError } from './refusals';

/** The longest address that is taken for one. */
const MAX_LENGTH = 2048;

/**
 * Tells whether an address that a provider gave for one of its calls is the provider's own: on a host of its
 * domain, or at the very origin to which all other requests go. Whoever has such an address may end the call.
 * It is a secret, which is used once, and neither stored nor shown.
 */
export function isOwnAddress(address: string, domain: string, baseUrl: string): boolean {
  if (address.length > MAX_LENGTH || !URL.canParse(address)) return false;
  const { protocol, hostname, port, username, password, origin } = new URL(address);
  if (username !== '' || password !== '') return false;
  if (origin === new URL(baseUrl).origin) return true;
  const isOfDomain = hostname === domain || hostname.endsWith(`.${domain}`);
  return protocol === 'https:' && port === '' && isOfDomain;
}

/**
 * Sends one request without any key, and follows no redirect. The body of the answer is not read. Nothing of
 * an error leaves this function, because it may name the address.
 */
export async function postTo(
  address: string,
  body: object,
  timeoutMs: number,
): Promise<ProviderError | null> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'latchkey' },
      body: JSON.stringify(body),
      redirect: 'manual',
      signal,
    });
    await response.body?.cancel();
    const { status } = response;
    if (isSuccess(status)) return null;
    return { code: 'PROVIDER_FAULT', httpStatus: status, retryAfterSeconds: null };
  } catch {
    const code = signal.aborted ? 'TIMEOUT' : 'UNREACHABLE';
    return { code, httpStatus: null, retryAfterSeconds: null };
  }
}
