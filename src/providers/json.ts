/** This reads a property of a provider's JSON, of which nothing is known beforehand. It never throws. */
export function field(json: unknown, name: string): unknown {
  return typeof json === 'object' && json !== null && Object.hasOwn(json, name)
    ? (json as Record<string, unknown>)[name]
    : undefined;
}

/**
 * This reads a property that should be text. The result is an empty string when it is absent or something
 * else.
 */
export function textField(json: unknown, name: string): string {
  const value = field(json, name);
  return typeof value === 'string' ? value : '';
}

/** Tells whether JSON is an object, and neither a list nor a text, which may be long. */
export function isObject(json: unknown): json is object {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

/** Tells whether JSON has one of these properties, whatever its value is. */
export function hasAny(json: unknown, ...names: readonly string[]): boolean {
  return names.some((name) => field(json, name) !== undefined);
}
