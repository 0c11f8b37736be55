import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { notTrusted } from '../graphql/errors';

const apolloManifest = z.object({ operations: z.array(z.object({ id: z.string(), body: z.string() })) });
const manifest = z.union([
  apolloManifest.transform(({ operations }) => operations.map(({ id, body }) => [id, body] as const)),
  z.record(z.string(), z.string()).transform(Object.entries<string>),
]);

const body = z.object({
  query: z.string().nullish(),
  documentId: z.string().nullish(),
  extensions: z.object({ persistedQuery: z.object({ sha256Hash: z.string() }).nullish() }).nullish(),
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
    if (request.method === 'GET')
      this.#admitTexts(new URLSearchParams(searchOf(request.url)).getAll('query'));
    else request.body = this.#admitBody(request.body);
  }

  #admitBody(sent: unknown) {
    const { data } = body.safeParse(sent);
    if (!data) throw notTrusted();
    const { query, documentId, extensions, operationName, variables } = data;
    const text = query ?? this.#byId.get(documentId ?? extensions?.persistedQuery?.sha256Hash ?? '');
    this.#admitTexts(text === undefined ? [] : [text]);
    return { query: text, operationName: operationName ?? null, variables: variables ?? null };
  }

  #admitTexts(texts: readonly string[]): void {
    if (texts.length !== 1 || !texts.every((text) => this.#texts.has(text))) throw notTrusted();
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
