// Import this file before anything that imports what it replaces.

/** The bytes of every JWE that jose has opened, the very ones, so that a test sees whether they are wiped. */
export const openedBytes: Uint8Array[] = [];
jest.mock('jose', () => {
  const jose = jest.requireActual<typeof import('jose')>('jose');
  const compactDecrypt = async (...given: Parameters<typeof jose.compactDecrypt>) => {
    const result = await jose.compactDecrypt(...given);
    openedBytes.push(result.plaintext);
    return result;
  };
  return { ...jose, compactDecrypt };
});
