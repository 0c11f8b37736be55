import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { notTrusted } from '../graphql/errors';

const apolloManifest = z.object({ operations: z.array(z.object({ id: z.string(), body: z.string() })) });
const manifest = z.union([
  apolloManifest.transform(({ operations }) => operations.map(({ id, body }) => [id, body] as const)),
  z.record(z.string(), z.string()).transform(Object.entries<string>),
]);

/** What names a document in place of its text. */
const naming = z.object({
  documentId: z.string().nullish(),
  extensions: z.object({ persistedQuery: z.object({ sha256Hash: z.string() }).nullish() }).nullish(),
});
type Naming = z.infer<typeof naming>;

const body = naming.extend({
  query: z.string().nullish(),
  operationName: z.unknown().optional(),
  variables: z.unknown().optional(),
});

/**
 * The list of the only documents that run, where an operator has made one. Clients name a document by its id,
 * or send its exact text.
 */
export class TrustedDocuments {
  readonly #byId: ReadonlyMap<string, string>;
  readonly #texts: ReadonlySet<string>;

  private constructor(documents: readonly (readonly [id: string, text: string])[]) {
    this.#byId = new Map(documents);
    this.#texts = new Set(this.#byId.values());
  }

  /** Reads Apollo's persisted query manifest, or an object of SHA-256 to text. */
  static parse(text: string): TrustedDocuments {
    const parsed = manifest.safeParse(parseJson(text));
    if (!parsed.success || parsed.data.length === 0)
      throw new Error('must be a persisted query manifest, or a JSON object of SHA-256 to document');
    const changed = parsed.data.findIndex(
      ([id, document]) => /^[0-9a-f]{64}$/.test(id) && id !== sha256(document),
    );
    if (changed >= 0)
      throw new Error(`has a document that does not have its SHA-256 (number ${changed + 1})`);
    return new TrustedDocuments(parsed.data);
  }

  /**
   * Replaces the id in a request by the document's text. It throws an error for every document that is not on
   * the list.
   */
  admit(request: FastifyRequest): void {
    if (request.method === 'GET') request.search = this.#admitSearch(searchOf(request.url));
    else request.body = this.#admitBody(request.body);
  }

  // urql asks so by itself, and Apollo Client with `useGETForHashedQueries`.
  #admitSearch(search: string): string {
    const asked = new URLSearchParams(search);
    const texts = asked.getAll('query');
    const { data } = naming.safeParse({
      documentId: asked.get('documentId'),
      extensions: parseJson(asked.get('extensions') ?? 'null'),
    });
    const named = texts.length === 0 && data ? this.#textNamedBy(data) : undefined;
    const [text] = this.#admitTexts(named === undefined ? texts : [named]);
    const run = new URLSearchParams({ query: text });
    for (const name of ['operationName', 'variables'])
      for (const value of asked.getAll(name)) run.append(name, value);
    return `?${run.toString()}`;
  }

  #admitBody(sent: unknown) {
    const { data } = body.safeParse(sent);
    if (!data) throw notTrusted();
    const { query, operationName, variables } = data;
    const text = query ?? this.#textNamedBy(data);
    this.#admitTexts(text === undefined ? [] : [text]);
    return { query: text, operationName: operationName ?? null, variables: variables ?? null };
  }

  #textNamedBy({ documentId, extensions }: Naming): string | undefined {
    return this.#byId.get(documentId ?? extensions?.persistedQuery?.sha256Hash ?? '');
  }

  #admitTexts(texts: readonly string[]): readonly [string] {
    const [text] = texts;
    if (text === undefined || texts.length !== 1 || !this.#texts.has(text)) throw notTrusted();
    return [text];
  }
}

/**
 * Returns the query string of an address, as Apollo gets it: what is checked must be what is run. What comes
 * behind a number sign belongs to no query string, though Node leaves it in the address.
 */
export function searchOf(address: string): string {
  const [path = ''] = address.split('#', 1);
  const start = path.indexOf('?');
  return start < 0 ? '' : path.slice(start);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
