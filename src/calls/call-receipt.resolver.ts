import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { CurrentViewer, type RequestContext } from '../access/context';
import type { Viewer } from '../access/viewer';
import { loadRate } from '../billing/rate.resolver';
import type { RateService } from '../billing/rate.service';
import type { RateRow } from '../billing/rate.entity';
import { Rate } from '../billing/rate.types';
import { CallReceiptType } from './call-receipt.types';

@Resolver(() => CallReceiptType)
export class CallReceiptResolver {
  constructor(private readonly rates: RateService) {}

  @FieldResolver(() => Rate, {
    nullable: true,
    description:
      'The rate that was valid when the call started. It is null where there was none, and for a call of no client.',
  })
  rate(
    @Root() receipt: { readonly rateId: string | null },
    @CurrentViewer() viewer: Viewer,
    @Ctx() context: RequestContext,
  ): Promise<RateRow | null> | null {
    return loadRate(context, this.rates, viewer, receipt.rateId);
  }
}
