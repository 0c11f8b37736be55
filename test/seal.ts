import { CompactEncrypt, importJWK, type CompactJWEHeaderParameters, type CryptoKey, type JWK } from 'jose';
import type { Persona } from '../src/demo/seed';
import type { TestApp } from './harness';

export interface UploadKey {
  readonly kid: string;
  readonly expiresAt: string;
  readonly jwk: JWK;
}

export const UPLOAD_KEY = '{ apiKeyUploadKey { kid expiresAt jwk { kty crv x y } } }';

/** What a sealed key is for. */
export interface SealedFor {
  readonly owner: string;
  readonly provider: string;
  /** More in the protected header, or in place of what a frontend puts there. */
  readonly header?: object;
  readonly key?: CryptoKey | Uint8Array;
  readonly crit?: Record<string, boolean>;
  readonly as?: Persona;
}

/** A compact JWE as a frontend makes it, but for what `header`, `key` and `crit` change. */
export async function sealFor(
  running: TestApp,
  text: string | Buffer,
  { owner, provider, header, key, crit = {}, as }: SealedFor,
): Promise<string> {
  const { apiKeyUploadKey } = await running.data<{ apiKeyUploadKey: UploadKey }>(UPLOAD_KEY, {}, as);
  const { kid, jwk } = apiKeyUploadKey;
  const all = {
    alg: 'ECDH-ES',
    enc: 'A256GCM',
    kid,
    lk_owner: owner,
    lk_provider: provider,
    ...header,
  } as CompactJWEHeaderParameters;
  return new CompactEncrypt(Buffer.from(text))
    .setProtectedHeader(all)
    .encrypt(key ?? (await importJWK(jwk, all.alg)), { crit });
}
