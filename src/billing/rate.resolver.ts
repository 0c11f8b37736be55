import { Arg, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { CurrentViewer, type RequestContext } from '../access/context';
import type { Viewer } from '../access/viewer';
import { AuditedMutation, InputArgument } from '../audit/audited-mutation';
import { loadClient } from '../clients/client.resolver';
import type { ClientService, ShownClient } from '../clients/client.service';
import { Client } from '../clients/client.types';
import { Decimal } from '../graphql/money.types';
import { pageArgs, type Page } from '../graphql/page';
import { AskedPage, PageArguments } from '../graphql/page-arguments';
import { millionthsText } from '../platform/decimal';
import type { RateRow } from './rate.entity';
import type { RateResult, RateService } from './rate.service';
import { SetRateInput } from './rate.inputs';
import { Rate, RateConnection, SetRatePayload } from './rate.types';

/** Loads a rate that is named by what the viewer sees. */
export function loadRate(
  { loaders }: RequestContext,
  rates: RateService,
  viewer: Viewer,
  id: string | null,
): Promise<RateRow | null> | null {
  return id === null ? null : loaders.load('rate', id, (ids) => rates.findMany(viewer, ids));
}

@Resolver(() => Rate)
export class RateResolver {
  constructor(
    private readonly rates: RateService,
    private readonly clients: ClientService,
  ) {}

  @Query(() => RateConnection, {
    nullable: true,
    name: 'rates',
    description: 'Every version of the rates of the agency, in the order in which they were set.',
  })
  list(
    @CurrentViewer() viewer: Viewer,
    @Arg('clientId', () => ID, {
      nullable: true,
      description:
        'Only rates of this client, without the defaults of the agency. The list is empty for a client that the viewer does not have.',
    })
    clientId: string | null | undefined,
    @AskedPage() page: PageArguments,
  ): Promise<Page<RateRow>> {
    return this.rates.list(viewer, pageArgs('Rate', page), clientId ?? null);
  }

  @AuditedMutation(() => SetRatePayload, {
    audit: ['RATE_SET'],
    rateClass: 'MUTATION',
    description:
      'Adds a rate: what a client, or by default every client, pays per minute from a given time on. Calls that have started keep the rate that they have.',
  })
  setRate(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => SetRateInput) input: SetRateInput,
  ): Promise<RateResult> {
    return this.rates.set(viewer, input);
  }

  @FieldResolver(() => Client, {
    nullable: true,
    description: "The client that pays the rate. Null for the agency's default.",
  })
  client(
    @Root() rate: RateRow,
    @CurrentViewer() viewer: Viewer,
    @Ctx() context: RequestContext,
  ): Promise<ShownClient | null> | null {
    return loadClient(context, this.clients, viewer, rate.clientId);
  }

  @FieldResolver(() => Decimal, { description: 'The price of a minute, in the unit of the currency.' })
  pricePerMinute(@Root() rate: RateRow): string {
    return millionthsText(rate.priceMicros);
  }
}
