/** `UNREACHABLE` stands for every answer that is not definitive: nothing is known of the key. */
export type KeyVerdictStatus =
  'VALID' | 'INVALID' | 'INSUFFICIENT_PERMISSIONS' | 'RATE_LIMITED' | 'OUT_OF_FUNDS' | 'UNREACHABLE';

/**
 * This tells whether an agent exists in the account of a key. `RESTRICTED` means that the key may not read
 * agents, `RATE_LIMITED` that the provider refuses for now, and `UNKNOWN` that there was no definitive
 * answer.
 */
export type AgentPresence = 'PRESENT' | 'ABSENT' | 'RESTRICTED' | 'RATE_LIMITED' | 'UNKNOWN';

interface ErrorTraits {
  /** The description in the schema. */
  readonly description: string;
  /** What people read, in which `{provider}` stands for the name of the provider. */
  readonly message: string;
  /** What the code says of a key that is verified. */
  readonly verdict: Exclude<KeyVerdictStatus, 'VALID'>;
  /** What the code says of an agent that is looked for. */
  readonly presence: Exclude<AgentPresence, 'PRESENT'>;
  /**
   * Whether the code tells of the health of the key, and with it of its owner's account. Such a code is shown
   * to agency admins alone, and everybody else reads `PROVIDER_FAULT`. A true fault of the provider is one of
   * them, so that both look the same.
   */
  readonly tellsOfKey: boolean;
}

const SAYS_NOTHING = { verdict: 'UNREACHABLE', presence: 'UNKNOWN', tellsOfKey: false } as const;

/** These codes are the platform's words for a provider's refusal, with all that each of them means. */
export const PROVIDER_ERRORS = {
  KEY_INVALID: {
    description: 'The provider does not accept the key: it is wrong, expired, revoked or of the wrong kind.',
    message: '{provider} does not accept the key: it is wrong, expired, revoked or of the wrong kind.',
    verdict: 'INVALID',
    presence: 'UNKNOWN',
    tellsOfKey: true,
  },
  INSUFFICIENT_PERMISSIONS: {
    description: 'The provider accepts the key, but not for this request.',
    message: '{provider} accepts the key, but it lacks the permission for this.',
    verdict: 'INSUFFICIENT_PERMISSIONS',
    presence: 'RESTRICTED',
    tellsOfKey: true,
  },
  RATE_LIMITED: {
    description:
      'The account sends too many requests. `retryAfterSeconds` is set if the provider tells how long to wait.',
    message: '{provider} limits the rate of requests of this account: try again later.',
    verdict: 'RATE_LIMITED',
    presence: 'RATE_LIMITED',
    tellsOfKey: true,
  },
  OUT_OF_FUNDS: {
    description: "The provider account's balance or plan does not allow it.",
    message: "The {provider} account's balance or plan does not allow it.",
    verdict: 'OUT_OF_FUNDS',
    presence: 'UNKNOWN',
    tellsOfKey: true,
  },
  AGENT_NOT_FOUND: {
    description: "The agent does not exist in the key's account.",
    message: "The agent does not exist in the key's {provider} account.",
    verdict: 'UNREACHABLE',
    presence: 'ABSENT',
    tellsOfKey: false,
  },
  INVALID_REQUEST: {
    description:
      'The provider refuses the request as it stands, for example because of the number to call from.',
    message: '{provider} refuses the request as it stands: check the numbers and the agent.',
    ...SAYS_NOTHING,
  },
  UNREACHABLE: {
    description: 'The provider could not be reached.',
    message: '{provider} could not be reached.',
    ...SAYS_NOTHING,
  },
  TIMEOUT: {
    description: 'The provider gave no answer in time, and whether it acted is not known.',
    message: '{provider} gave no answer in time: whether it acted is not known.',
    ...SAYS_NOTHING,
  },
  PROVIDER_FAULT: {
    description: 'The provider answered with a fault, or with something that is no answer.',
    message: '{provider} answered with a fault, or with something that is no answer.',
    ...SAYS_NOTHING,
    tellsOfKey: true,
  },
} as const satisfies Readonly<Record<string, ErrorTraits>>;

export type ProviderErrorCode = keyof typeof PROVIDER_ERRORS;
export const PROVIDER_ERROR_CODES = Object.keys(PROVIDER_ERRORS) as ProviderErrorCode[];
