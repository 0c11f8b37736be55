import { FieldResolver, Resolver, Root } from 'type-graphql';
import { CurrentViewer } from '../access/context';
import type { Viewer } from '../access/viewer';
import { moneyOf } from '../graphql/money.types';
import { ApiKeyClearEffect } from '../keys/changes/key-change.types';
import type { ClearEffect } from '../keys/changes/clear-effect';
import type { Preview } from '../keys/checks/key-check.service';
import { ApiKeyChangePreview } from '../keys/checks/key-change-preview.types';
import { millionthsText } from '../platform/decimal';
import type { MovedMoney, MoneyMovedService } from './money-moved.service';
import { MoneyMoved } from './money-moved.types';

@Resolver(() => ApiKeyChangePreview)
export class PreviewedMoneyResolver {
  constructor(private readonly money: MoneyMovedService) {}

  @FieldResolver(() => MoneyMoved, {
    nullable: true,
    description: 'What the change would move. It is null where nobody else would pay than now.',
  })
  async moneyMoved(@Root() preview: Preview, @CurrentViewer() viewer: Viewer): Promise<MoneyMoved | null> {
    const { owner, provider, sourceBefore: payerBefore, sourceAfter } = preview;
    // A key by which no agent's calls would be placed moves nothing.
    const payerAfter = preview.affectedAgentCount > 0 ? sourceAfter : payerBefore;
    return shown(await this.money.of(viewer, { owner, provider, payerBefore, payerAfter }));
  }
}

@Resolver(() => ApiKeyClearEffect)
export class ClearedMoneyResolver {
  constructor(private readonly money: MoneyMovedService) {}

  @FieldResolver(() => MoneyMoved, {
    nullable: true,
    description: 'What the clear moves. It is null where nobody else pays than before.',
  })
  async moneyMoved(
    @Root() { owner, provider, source, agentCount }: ClearEffect,
    @CurrentViewer() viewer: Viewer,
  ): Promise<MoneyMoved | null> {
    const payerAfter = agentCount > 0 ? source : owner.type;
    const change = { owner, provider, payerBefore: owner.type, payerAfter };
    return shown(await this.money.of(viewer, change));
  }
}

const MILLIONTHS = 1_000_000;
const HUNDREDTH = 10_000;

function shown(moved: MovedMoney | null): MoneyMoved | null {
  if (moved === null) return null;
  const { seconds, costs, unknownCosts: callsOfUnknownCost, ...rest } = moved;
  const [cost, ...others] = costs;
  const hundredths = Math.round((seconds * MILLIONTHS) / 60 / HUNDREDTH);
  return {
    ...rest,
    callsOfUnknownCost,
    minutes: millionthsText(hundredths * HUNDREDTH),
    providerCost: cost && others.length === 0 ? moneyOf(cost[1], cost[0]) : null,
  };
}
