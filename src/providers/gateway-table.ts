import type { ProviderAgentKind } from './provider-agent';

/** The groups of operations that a gateway token can be good for. */
export const GATEWAY_SCOPES = ['READ', 'PLACE_CALLS'] as const;
export type GatewayScope = (typeof GATEWAY_SCOPES)[number];

/**
 * What an integration asked for that does not exist for it. `CALLED_AGENT` is the agent of a call to be
 * placed.
 */
export type Missing = 'AGENT' | 'CALLED_AGENT';

/** An answer in a provider's own form. */
export interface OwnAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** How calls are placed by a `POST` to one path. */
export interface GatewayPlacement {
  /** The members of the body that can name the agent, each with the kind of agent that it names. */
  readonly agents: Readonly<Record<string, ProviderAgentKind>>;
  /** Members beside them that would let another agent speak, or place several calls. */
  readonly refused: readonly string[];
  /** Where the number to be called stands in the body. It is null for calls of browsers. */
  readonly toNumber: readonly string[] | null;
  /** Tells by its body a call that dials nobody, where calls of both kinds are placed by the same path. */
  readonly isWebCall?: (body: unknown) => boolean;
  /** Where the metadata stands in the body by which the call is found again. */
  readonly metadata: readonly string[];
}

/** A client of the provider in one language. `ADDRESS` and `AGENT_ID` are filled in later. */
export interface ClientExample {
  /** Makes the client, with the gateway as its address and the token in place of the key. */
  readonly client: string;
  readonly read: string;
  readonly place: string;
}

/** What is pasted into an integration to begin with: it reads an agent, or has it place a call. */
export interface GatewayExample {
  /** The path by which an agent is read. */
  readonly read: string;
  /** The path by which a call is placed, and the body for that. */
  readonly place: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** By the provider's own clients, where it has them. */
  readonly clients?: { readonly node: ClientExample; readonly python: ClientExample };
}

/**
 * What integrations may ask a provider for through the gateway, made from the provider's documents. What is
 * not listed is not passed on. What is there to create, list or change API keys, secrets of webhooks or
 * credentials of telephony is listed nowhere, and neither is what changes the account in another way.
 */
export interface GatewayTable {
  /**
   * One operation in a line: its group, method, path and query parameters. `{agent}` and `{call}` stand for
   * the provider's ids of these, `{agent:PATHWAY}` for that of an agent of another kind, and `{}` for any
   * other. `upload` behind the path allows a body of 50 MiB.
   */
  readonly operations: string;
  /**
   * Reads, by the path of an operation, the agents that its body names, whatever stands in the place of their
   * ids. It never throws.
   */
  readonly agentsInBody?: Readonly<Record<string, (json: unknown) => readonly unknown[]>>;
  /** The operations that place calls, by their path. They are of the group `PLACE_CALLS`. */
  readonly placements: Readonly<Record<string, GatewayPlacement>>;
  /** A refusal of the gateway as the provider would write it. */
  error(status: number, message: string): unknown;
  notFound(what: Missing, id: string): OwnAnswer;
  readonly example: GatewayExample;
  /** What the provider says of a call that was placed, in few words. */
  placed(providerCallId: string, providerAgentId: string): unknown;
}

export interface GatewayOperation {
  readonly scope: GatewayScope;
  readonly method: string;
  readonly path: string;
  readonly query: readonly string[];
  /** The query parameters that name an agent or a call, if there are such. */
  readonly agentInQuery: string | null;
  readonly callInQuery: string | null;
  readonly isUpload: boolean;
  readonly placement: GatewayPlacement | null;
}

/** An agent by its id at the provider. Agents of different kinds may have the same one. */
export interface NamedAgent {
  readonly id: string;
  readonly kind: ProviderAgentKind;
}

export interface MatchedOperation {
  readonly operation: GatewayOperation;
  /** The path as it is sent. */
  readonly path: string;
  readonly agent: NamedAgent | null;
  readonly callId: string | null;
}

/** The agents of a provider are of this kind where nothing else is said. */
export const PLAIN_AGENT: ProviderAgentKind = 'AGENT';

/** A segment of a path has no character that could mean anything but itself, save for a `+`. */
const SEGMENT = /^(?!\.{1,2}$)(?:[\w.~:@+-]|%2[bB])+$/;

/** Finds operations by method and path, as both came. */
export class GatewayOperations {
  readonly all: readonly GatewayOperation[];
  readonly #byShape: ReadonlyMap<string, readonly GatewayOperation[]>;
  /** What is written out in some path, in small letters, by what stands before it. */
  readonly #words: ReadonlySet<string>;

  constructor(table: GatewayTable) {
    this.all = [...readOperations(table.operations), ...placementsOf(table)];
    this.#words = new Set(this.all.flatMap(({ path }) => wordsOf(path)));
    const byShape = new Map<string, GatewayOperation[]>();
    // What is written out comes before what stands for any id.
    for (const operation of this.all.toSorted((one, other) => openEnds(one) - openEnds(other))) {
      const shape = shapeOf(operation.method, operation.path);
      byShape.set(shape, [...(byShape.get(shape) ?? []), operation]);
    }
    this.#byShape = byShape;
  }

  find(method: string, path: string): MatchedOperation | null {
    const segments = path.split('/');
    for (const operation of this.#byShape.get(shapeOf(method, path)) ?? []) {
      const values = valuesIn(operation.path.split('/'), segments, this.#words);
      if (values) return { operation, ...values };
    }
    return null;
  }
}

function shapeOf(method: string, path: string): string {
  return `${method} ${path.split('/').length}`;
}

function openEnds({ path }: GatewayOperation): number {
  return path.split('{').length;
}

/** The part of a path before a segment, with that segment. */
function placeOf(pattern: readonly string[], index: number, segment: string): string {
  const before = pattern.slice(0, index).map((each) => (each.startsWith('{') ? '{}' : each));
  return [...before, segment.toLowerCase()].join('/');
}

function wordsOf(path: string): string[] {
  const pattern = path.split('/');
  return pattern.flatMap((segment, index) =>
    segment.startsWith('{') ? [] : placeOf(pattern, index, segment),
  );
}

function valuesIn(pattern: readonly string[], segments: readonly string[], words: ReadonlySet<string>) {
  let [agent, callId]: [NamedAgent | null, string | null] = [null, null];
  const path: string[] = [];
  for (const [index, segment] of segments.entries()) {
    const expected = pattern[index] ?? '';
    if (!expected.startsWith('{')) {
      if (segment !== expected) return null;
      path.push(expected);
      continue;
    }
    // A word of a path is no id: `/calls/active/stop` could end all calls of an account. Providers may read
    // words in capitals as well.
    if (!SEGMENT.test(segment) || words.has(placeOf(pattern, index, segment))) return null;
    const value = segment.replace(/%2b/gi, '+');
    const kind = AGENT.exec(expected);
    if (kind) agent = { id: value, kind: (kind[1] as ProviderAgentKind | undefined) ?? PLAIN_AGENT };
    if (expected === '{call}') callId = value;
    // As it came: providers may tell a `+` from what it is encoded as.
    path.push(segment);
  }
  return { path: path.join('/'), agent, callId };
}

const AGENT = /^\{agent(?::([A-Z]+))?\}$/;

const NAMED_IN_QUERY = /=\{(?:agent|call)\}$/;

function readOperations(text: string): GatewayOperation[] {
  const lines = text.split('\n').map((line) => line.trim().split(/ +/));
  return lines
    .filter(([first]) => first !== '')
    .map(([scope, method = '', path = '', ...rest]) => {
      const naming = (what: string) => rest.find((name) => name.endsWith(`={${what}}`));
      const nameOf = (parameter = '') => parameter.replace(NAMED_IN_QUERY, '');
      return {
        scope: scope === 'PLACE_CALLS' ? 'PLACE_CALLS' : 'READ',
        method,
        path,
        query: rest.filter((name) => name !== 'upload').map(nameOf),
        agentInQuery: nameOf(naming('agent')) || null,
        callInQuery: nameOf(naming('call')) || null,
        isUpload: rest.includes('upload'),
        placement: null,
      };
    });
}

function placementsOf({ placements }: GatewayTable): GatewayOperation[] {
  return Object.entries(placements).map(([path, placement]) => ({
    scope: 'PLACE_CALLS',
    method: 'POST',
    path,
    query: [],
    agentInQuery: null,
    callInQuery: null,
    isUpload: false,
    placement,
  }));
}
