/** What an operator has to put right, in one message. Never quotes a value: an address can hold a password. */
export class ConfigError extends Error {}
