import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
import { ApiKeyText } from './secret';

/** It is made anew with each start, and what it makes is never stored. */
const PROCESS_KEY = createSecretKey(randomBytes(32));

/** Tells keys apart, and with them the accounts of one provider, without keeping them in plaintext. */
export function markOf(key: ApiKeyText): string {
  return createHmac('sha256', PROCESS_KEY).update(ApiKeyText.reveal(key)).digest('base64');
}
