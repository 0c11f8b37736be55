import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Ctx, ID, Info, Query, Resolver } from 'type-graphql';
import { CurrentViewer, type RequestContext } from '../access/context';
import type { Viewer } from '../access/viewer';
import { toAlert } from '../alerts/alert.resolver';
import { toAuditEvent } from '../audit/audit.resolver';
import { findSeenAgents } from '../calls/agents-of-calls';
import { findStatements, readStatement } from '../billing/statement.resolver';
import { asNode, Node, type FoundNode } from '../graphql/node';
import { toKeyHandIn } from '../intake/hand-in.resolver';
import { toKeyLink } from '../intake/key-link.resolver';
import { findKeys } from '../keys/shown-keys';
import { toViewer } from '../people/viewer.resolver';
import { isId } from '../platform/ids';
import { inOrderOf } from '../platform/rows-by-id';
import { requirementOf } from './guard';
import { namesType } from './named-type';
import type { Services } from './services';

/**
 * How the objects of a type are found by their ids, in the order of the ids and null for those that the
 * viewer does not see.
 */
interface Source {
  /**
   * The fields that show objects of the type, or lead to them. Whoever may ask for none of these finds none
   * of the objects here either.
   */
  readonly shownBy: readonly (readonly [type: string, field: string])[];
  readonly find: (viewer: Viewer, ids: readonly string[]) => Promise<readonly (object | null)[]>;
  /**
   * Computes what was found. It is left out where a document asks for no more than every node has, and weighs
   * more where it does not: see `COMPUTED` in `rules/size-limit.ts`.
   */
  readonly compute?: (viewer: Viewer, id: string) => Promise<object | null>;
}

/** Every type that is a `Node`, by its name. */
export type Sources = Readonly<Record<string, Source>>;

@Resolver()
export class NodeResolver {
  constructor(private readonly sources: Sources) {}

  @Query(() => Node, {
    nullable: true,
    description:
      'Any object by its id; null for an id that was never given out, and for everything that the viewer may not see.',
  })
  async node(
    @CurrentViewer() viewer: Viewer,
    @Ctx() { loaders }: RequestContext,
    @Arg('id', () => ID, {
      description:
        'The id of any object that has one. An id that was never given out and the id of an object that the viewer may not see are answered alike: with null.',
    })
    id: string,
    @Info() { fieldNodes, fragments }: GraphQLResolveInfo,
  ): Promise<Node | null> {
    const found = await loaders.load('node', id, (ids) => this.#find(viewer, ids));
    const type = found?.__typename ?? '';
    const compute = this.sources[type]?.compute;
    const asksForMore = fieldNodes.some(
      ({ selectionSet }) => selectionSet && namesType(type, selectionSet, (name) => fragments[name]),
    );
    if (!compute || !asksForMore) return found;
    const computed = await compute(viewer, id);
    return computed && asNode(type, computed);
  }

  // The id does not say of what type it is. All types are asked, so that the time that it takes tells nothing
  // either.
  async #find(viewer: Viewer, ids: readonly string[]): Promise<(FoundNode | null)[]> {
    const allowed = Object.entries(this.sources).filter(([, { shownBy }]) =>
      shownBy.some((field) => requirementOf(...field).allows(viewer)),
    );
    const found = await Promise.all(
      allowed.map(async ([type, { find }]) =>
        (await find(viewer, ids)).map((object) => object && asNode(type, object)),
      ),
    );
    return ids.map((_id, index) => found.map((nodes) => nodes[index]).find((node) => node != null) ?? null);
  }
}

/** The ids of rows are UUIDs. Others are not looked up: a database may compare them more loosely. */
function ofRows<T extends { readonly id: string }>(
  find: (viewer: Viewer, ids: readonly string[]) => Promise<readonly (T | null)[]>,
  show: (row: T, viewer: Viewer) => object = (row) => row,
): Source['find'] {
  return async (viewer, ids) => {
    const rows = await find(viewer, ids.filter(isId));
    const found = rows.filter((row) => row !== null);
    return inOrderOf(ids, found).map((row) => row && show(row, viewer));
  };
}

function accessSources({ people, serviceTokens, gatewayTokens }: Services): Sources {
  return {
    Person: {
      shownBy: [['Query', 'people']],
      find: ofRows((viewer, ids) => people.findMany(viewer, ids)),
    },
    ServiceToken: {
      shownBy: [['Query', 'serviceTokens']],
      find: ofRows((viewer, ids) => serviceTokens.findMany(viewer, ids)),
    },
    GatewayToken: {
      shownBy: [['Query', 'gatewayTokens']],
      find: ofRows((viewer, ids) => gatewayTokens.findMany(viewer, ids)),
    },
  };
}

function webhookSources({ outgoingWebhooks, deliveries, webhookEndpoints }: Services): Sources {
  return {
    WebhookEndpoint: {
      shownBy: [['Query', 'webhookEndpoints']],
      find: (viewer, ids) => webhookEndpoints.findMany(viewer, ids),
    },
    OutgoingWebhook: {
      shownBy: [['Query', 'outgoingWebhooks']],
      find: ofRows((viewer, ids) => outgoingWebhooks.findMany(viewer, ids)),
    },
    WebhookDelivery: {
      shownBy: [['Query', 'webhookDeliveries']],
      find: ofRows((viewer, ids) => deliveries.findMany(viewer, ids)),
    },
  };
}

function billingSources({ rates, statements, clients }: Services): Sources {
  return {
    Rate: {
      shownBy: [
        ['Query', 'rates'],
        ['Query', 'statement'],
      ],
      find: ofRows((viewer, ids) => rates.findSeen(viewer, ids)),
    },
    Statement: {
      shownBy: [['Query', 'statement']],
      find: (viewer, ids) => findStatements(clients, viewer, ids),
      compute: (viewer, id) => readStatement(statements, viewer, id),
    },
  };
}

export function nodeSources(services: Services): Sources {
  const { agencies, alerts, audit, agents, calls, clients, handIns, keyLinks, keys } = services;
  return {
    Agency: {
      shownBy: [['Query', 'agency']],
      find: async (viewer, ids) =>
        Promise.all(ids.map(async (id) => (id === viewer.agencyId ? agencies.own(viewer) : null))),
    },
    Viewer: {
      shownBy: [['Query', 'viewer']],
      find: async (viewer, ids) => inOrderOf(ids, [toViewer(viewer)]),
    },
    Client: {
      shownBy: [['Query', 'client']],
      find: ofRows((viewer, ids) => clients.findMany(viewer, ids)),
    },
    Agent: {
      shownBy: [
        ['Query', 'agent'],
        ['Query', 'calls'],
        ['Query', 'callAnalytics'],
      ],
      find: ofRows((viewer, ids) => findSeenAgents(agents, calls, viewer, ids)),
    },
    Call: {
      shownBy: [['Query', 'call']],
      find: ofRows((viewer, ids) => calls.findMany(viewer, ids)),
    },
    ApiKey: {
      shownBy: [['Client', 'apiKeys']],
      find: (viewer, ids) => findKeys(keys, clients, viewer, ids),
    },
    KeyHandIn: {
      shownBy: [['Query', 'keyHandIns']],
      find: ofRows(
        (viewer, ids) => handIns.findMany(viewer, ids),
        (row, viewer) => toKeyHandIn(viewer, row),
      ),
    },
    KeyLink: {
      shownBy: [['Query', 'keyLinks']],
      find: ofRows((viewer, ids) => keyLinks.findMany(viewer, ids), toKeyLink),
    },
    ...accessSources(services),
    ...webhookSources(services),
    ...billingSources(services),
    Alert: {
      shownBy: [['Query', 'alerts']],
      find: ofRows((viewer, ids) => alerts.findMany(viewer, ids), toAlert),
    },
    AuditEvent: {
      shownBy: [['Query', 'auditEvents']],
      find: ofRows((viewer, ids) => audit.findMany(viewer, ids), toAuditEvent),
    },
  };
}
