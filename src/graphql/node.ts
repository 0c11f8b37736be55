const SEPARATOR = ':';

/**
 * The id of something that has no row of its own, made of its type and of what tells it from others of its type. Clients take it for opaque,
 * as all ids; it is the same in every answer, and no other object has it.
 */
export function derivedId(type: string, ...parts: readonly string[]): string {
  return Buffer.from([type, ...parts].join(SEPARATOR)).toString('base64url');
}

/** What a derived id was made of; null for text that is none of this type. */
export function partsOfDerivedId(type: string, id: string): readonly string[] | null {
  // Base64 has several spellings of the same bytes, of which only one was given out.
  const [of, ...parts] = Buffer.from(id, 'base64url').toString().split(SEPARATOR);
  return of === type && derivedId(type, ...parts) === id ? parts : null;
}
