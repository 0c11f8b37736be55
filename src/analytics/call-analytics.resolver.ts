import { Arg, Ctx, FieldResolver, ID, Int, Query, Resolver, Root } from 'type-graphql';
import { CurrentViewer, type RequestContext } from '../access/context';
import { isAdmin, type Viewer } from '../access/viewer';
import type { ShownAgent } from '../agents/agent.entity';
import { loadAgent } from '../agents/agent.resolver';
import type { AgentService } from '../agents/agent.service';
import { Agent } from '../agents/agent.types';
import { loadClient } from '../clients/client.resolver';
import type { ClientService, ShownClient } from '../clients/client.service';
import { Client } from '../clients/client.types';
import { Money, moneyOf } from '../graphql/money.types';
import { DayScalar } from '../graphql/schema-types';
import type { Day } from '../platform/calendar';
import type { Bucket } from './buckets';
import type { CallAnalyticsService } from './call-analytics.service';
import {
  AnalyticsIntervalEnum,
  AnalyticsSplitEnum,
  DIMENSION_OF,
  type AnalyticsSplit,
} from './call-analytics.inputs';
import { AnalyticsBucket, CallAnalytics } from './call-analytics.types';
import type { AnalyticsInterval } from './periods';

@Resolver(() => AnalyticsBucket)
export class CallAnalyticsResolver {
  constructor(
    private readonly analytics: CallAnalyticsService,
    private readonly agents: AgentService,
    private readonly clients: ClientService,
  ) {}

  @Query(() => CallAnalytics, {
    nullable: true,
    description:
      'How many calls there were and what they come to, exact at every moment. A call belongs to the day on which it started, or was recorded while its start is not known. For a portal user the calls of its own client are counted. LIMIT_EXCEEDED where there would be too many buckets.',
  })
  async callAnalytics(
    @CurrentViewer() viewer: Viewer,
    @Arg('from', () => DayScalar, { description: "The first day, in the agency's time zone." }) from: Day,
    @Arg('to', () => DayScalar, {
      description: 'The last day, which is counted as well: at most the 366th. Otherwise BAD_USER_INPUT.',
    })
    to: Day,
    @Arg('interval', () => AnalyticsIntervalEnum, { description: 'What a bucket stands for.' })
    interval: AnalyticsInterval,
    @Arg('splitBy', () => [AnalyticsSplitEnum], {
      nullable: true,
      description: 'What the calls of a bucket have in common; nothing when not given.',
    })
    splitBy: AnalyticsSplit[] | null,
    @Arg('clientId', () => ID, {
      nullable: true,
      description:
        "Only calls of agents that were this client's at the time of the call. There are none for a client that the viewer does not have.",
    })
    clientId: string | null,
  ): Promise<{ buckets: readonly Bucket[] }> {
    const by = [...new Set(splitBy ?? [])].map((split) => DIMENSION_OF[split]);
    const question = { from, to, interval, by, clientId: clientId ?? null };
    return { buckets: await this.analytics.answer(viewer, question) };
  }

  @FieldResolver(() => Client, {
    nullable: true,
    description:
      'The client; null unless the calls are split by it, and for calls of agents that had none at the time.',
  })
  client(
    @Root() { clientId }: Bucket,
    @CurrentViewer() viewer: Viewer,
    @Ctx() context: RequestContext,
  ): Promise<ShownClient | null> | null {
    return loadClient(context, this.clients, viewer, clientId);
  }

  @FieldResolver(() => Agent, {
    nullable: true,
    description:
      'The agent; null unless the calls are split by it, and for an agent that the viewer does not see any more.',
  })
  agent(
    @Root() { agentId }: Bucket,
    @CurrentViewer() viewer: Viewer,
    @Ctx() context: RequestContext,
  ): Promise<ShownAgent | null> | null {
    return agentId === null ? null : loadAgent(context, this.agents, viewer, agentId);
  }

  @FieldResolver(() => Money, {
    nullable: true,
    description:
      "What providers take for the calls on the agency's account whose cost is known. Null for everybody but agency admins, where no cost is known, and where costs are in several currencies: then split by PROVIDER.",
  })
  providerCost(@Root() { costs }: Bucket, @CurrentViewer() viewer: Viewer): Money | null {
    const [cost, ...others] = costs;
    return isAdmin(viewer) && cost && others.length === 0 ? moneyOf(cost[1], cost[0]) : null;
  }

  @FieldResolver(() => Int, {
    description:
      "Calls on the agency's account whose cost is not known, which `providerCost` lacks. 0 for everybody but agency admins.",
  })
  callsOfUnknownCost(@Root() { unknownCosts }: Bucket, @CurrentViewer() viewer: Viewer): number {
    return isAdmin(viewer) ? unknownCosts : 0;
  }
}
