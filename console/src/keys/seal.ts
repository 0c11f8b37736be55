/** The public key of the agency to which keys are sealed; it changes every month. */
export interface UploadKey {
  readonly kid: string;
  readonly jwk: { readonly kty: string; readonly crv: string; readonly x: string; readonly y: string };
}

/** What the sealed key is for, and good for alone. */
export interface Place {
  /** The id of the client, or of the agency for its own keys. */
  readonly owner: string;
  readonly provider: string;
  /** The region of the account; null for the provider's default, `US`. */
  readonly region: string | null;
}

const CURVE = { name: 'ECDH', namedCurve: 'P-256' };
const ENCRYPTION = 'A256GCM';
const KEY_BITS = 256;
const IV_BYTES = 12;

/** A compact JWE (ECDH-ES, A256GCM) of what stands in a field. Nobody between this page and the vault can read it. */
export async function seal(input: HTMLInputElement, place: Place, { kid, jwk }: UploadKey): Promise<string> {
  const theirs = await crypto.subtle.importKey('jwk', { ...jwk }, CURVE, false, []);
  const ours = await crypto.subtle.generateKey(CURVE, false, ['deriveBits']);
  const shared = await crypto.subtle.deriveBits({ name: 'ECDH', public: theirs }, ours.privateKey, KEY_BITS);
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', ours.publicKey);
  const header = base64url(encode(JSON.stringify(headerOf(kid, { kty, crv, x, y }, place))));
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  // Read as late as possible, and overwritten at once: no variable ever holds the key as a text.
  const plain = encode(input.value.trim());
  const key = await crypto.subtle.importKey('raw', await derive(shared), 'AES-GCM', false, ['encrypt']);
  const algorithm = { name: 'AES-GCM', iv, additionalData: encode(header) };
  const sealed = new Uint8Array(await crypto.subtle.encrypt(algorithm, key, plain));
  plain.fill(0);
  const tag = sealed.length - 16;
  return [
    header,
    '',
    base64url(iv),
    base64url(sealed.subarray(0, tag)),
    base64url(sealed.subarray(tag)),
  ].join('.');
}

// The header is authenticated: nobody can use the sealed key for another owner, provider or region.
function headerOf(kid: string, epk: object, { owner, provider, region }: Place): object {
  const place = { lk_owner: owner, lk_provider: provider, lk_region: region ?? 'US' };
  return { alg: 'ECDH-ES', enc: ENCRYPTION, kid, epk, ...place };
}

// The Concat KDF of RFC 7518, section 4.6.2, whose one round is enough for 256 bits.
async function derive(shared: ArrayBuffer): Promise<ArrayBuffer> {
  const name = encode(ENCRYPTION);
  const input = new Uint8Array([
    ...uint32(1),
    ...new Uint8Array(shared),
    ...uint32(name.length),
    ...name,
    ...uint32(0),
    ...uint32(0),
    ...uint32(KEY_BITS),
  ]);
  return crypto.subtle.digest('SHA-256', input);
}

const encode = (text: string) => new TextEncoder().encode(text);

const uint32 = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
