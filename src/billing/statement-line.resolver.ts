import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { CurrentViewer, type RequestContext } from '../access/context';
import { isAdmin, type Viewer } from '../access/viewer';
import type { RateRow } from './rate.entity';
import { loadRate } from './rate.resolver';
import type { RateService } from './rate.service';
import { Rate } from './rate.types';
import { toStatement, type ShownStatement } from './shown-statement';
import type { StatedLine } from './statement-form';
import type { StatementService } from './statement.service';
import { StatementLine } from './statement-line.types';
import { Statement } from './statement.types';

@Resolver(() => StatementLine)
export class StatementLineResolver {
  constructor(
    private readonly statements: StatementService,
    private readonly rates: RateService,
  ) {}

  @FieldResolver(() => Rate, {
    nullable: true,
    description:
      'The rate of the calls. Null for calls that started while there was none: they are charged nothing.',
  })
  rate(
    @Root() line: StatedLine,
    @CurrentViewer() viewer: Viewer,
    @Ctx() context: RequestContext,
  ): Promise<RateRow | null> | null {
    return loadRate(context, this.rates, viewer, line.rateId);
  }

  @FieldResolver(() => Statement, {
    nullable: true,
    description:
      'The final statement of which the line tells what has changed since. Null for a line of its own.',
  })
  async adjusts(
    @Root() line: StatedLine,
    @CurrentViewer() viewer: Viewer,
    @Ctx() { loaders }: RequestContext,
  ): Promise<ShownStatement | null> {
    if (line.adjusts === null) return null;
    const find = (numbers: readonly string[]) => this.statements.findManyByNumber(viewer, numbers);
    const found = await loaders.load('statement', String(line.adjusts), find);
    return found && toStatement({ isAdmin: isAdmin(viewer) }, found);
  }
}
