/**
 * The message says what an operator has to put right. It never quotes a value, because an address can hold a
 * password.
 */
export class ConfigError extends Error {}
