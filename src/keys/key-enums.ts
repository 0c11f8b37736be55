import { enumOf } from '../graphql/schema-types';
import { KEY_SOURCES, KEY_STATUSES, type KeySource, type KeyStatus } from './chain';

export const KeySourceEnum = enumOf(
  'KeySource',
  KEY_SOURCES,
  'The owner of the key that a call uses, and so of the account that pays for the call.',
  {
    CLIENT: "The call uses the key of the agent's client.",
    AGENCY: "The call uses the agency's own key.",
  } satisfies Record<KeySource, string>,
);

export const KeyStatusEnum = enumOf(
  'KeyStatus',
  KEY_STATUSES,
  'What is known of a key. Only a definitive answer of the provider makes a key INVALID; an outage never does.',
  {
    NOT_SET: 'No key is set.',
    UNVERIFIED: 'The key is set, and its provider has not been asked about it yet.',
    VALID: 'The provider accepted the key when it was last asked.',
    INVALID: 'The provider does not accept the key: it is wrong, expired or revoked.',
    INSUFFICIENT_PERMISSIONS:
      'The provider accepts the key, but not for what the platform has to do with it (a restricted or a public key).',
    RATE_LIMITED:
      'The provider answered that the account sends too many requests, and nothing else is known of the key.',
    OUT_OF_FUNDS:
      'The provider accepts the key, but the balance or plan of its account does not allow calls.',
    UNREACHABLE: 'The provider gave no definitive answer, and nothing is known of the key.',
    UNREADABLE:
      'The stored key cannot be decrypted: its row was altered, or its master key is gone. No other key takes its place.',
  } satisfies Record<KeyStatus, string>,
);
