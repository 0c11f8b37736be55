import { Arg, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { CurrentViewer, type RequestContext } from '../access/context';
import { isAdmin, type Viewer } from '../access/viewer';
import { AuditedMutation, InputArgument } from '../audit/audited-mutation';
import { loadClient } from '../clients/client.resolver';
import type { ClientService, ShownClient } from '../clients/client.service';
import { Client } from '../clients/client.types';
import { pageArgs, type Page } from '../graphql/page';
import { AskedPage, PageArguments } from '../graphql/page-arguments';
import { DayScalar } from '../graphql/schema-types';
import type { UserError } from '../graphql/user-error';
import type { Day } from '../platform/calendar';
import { toStatement, type ShownStatement } from './shown-statement';
import type { StatedLine } from './statement-form';
import { periodOfStatement } from './statement-id';
import type { StatementService } from './statement.service';
import { StatementLine } from './statement-line.types';
import { FinalizeStatementInput } from './statement.inputs';
import { FinalizeStatementPayload, Statement, StatementConnection } from './statement.types';

/** By their ids; null for a statement of a client that the viewer does not see. None of them is computed. */
export async function findStatements(
  clients: ClientService,
  viewer: Viewer,
  ids: readonly string[],
): Promise<({ readonly id: string } | null)[]> {
  const clientIds = ids.map((id) => periodOfStatement(id)?.clientId ?? '');
  const found = await clients.findMany(viewer, [...new Set(clientIds)]);
  const seen = new Set(found.map((client) => client?.id));
  return ids.map((id, index) => (seen.has(clientIds[index]) ? { id } : null));
}

/** Answers what `statement` does for the client and the period of which the id is. */
export async function readStatement(
  statements: StatementService,
  viewer: Viewer,
  id: string,
): Promise<ShownStatement | null> {
  const of = periodOfStatement(id);
  const found = of && (await statements.find(viewer, of.clientId, { from: of.from, to: of.to }));
  return found && toStatement({ isAdmin: isAdmin(viewer) }, found);
}

@Resolver(() => Statement)
export class StatementResolver {
  constructor(
    private readonly service: StatementService,
    private readonly clients: ClientService,
  ) {}

  @Query(() => Statement, {
    nullable: true,
    description:
      'What a client owes for a period of at most 366 days: the final statement where there is one of just this period, and a draft otherwise, with what has become known late of earlier ones. Null for a client that the viewer does not have.',
  })
  async statement(
    @CurrentViewer() viewer: Viewer,
    @Arg('clientId', () => ID, { description: 'The client that owes.' }) clientId: string,
    @Arg('from', () => DayScalar, { description: "The first day, in the agency's time zone." }) from: Day,
    @Arg('to', () => DayScalar, { description: 'The last day.' }) to: Day,
  ): Promise<ShownStatement | null> {
    const found = await this.service.find(viewer, clientId, { from, to });
    return found && toStatement({ isAdmin: isAdmin(viewer) }, found);
  }

  @Query(() => StatementConnection, {
    nullable: true,
    description:
      'The final statements of the agency, the newest first. For a portal user, those of its own client.',
  })
  async statements(
    @CurrentViewer() viewer: Viewer,
    @Arg('clientId', () => ID, {
      nullable: true,
      description:
        'Only statements of this client. The list is empty for a client that the viewer does not have.',
    })
    clientId: string | null | undefined,
    @AskedPage() page: PageArguments,
  ): Promise<Page<ShownStatement>> {
    const found = await this.service.list(viewer, pageArgs('Statement', page), clientId ?? null);
    return found.map((stated) => toStatement({ isAdmin: isAdmin(viewer) }, stated));
  }

  @AuditedMutation(() => FinalizeStatementPayload, {
    audit: ['STATEMENT_FINALIZED'],
    rateClass: 'MUTATION',
    description:
      'Makes the statement of a period final, from 72 hours after it on. Doing so again answers the one that there is.',
  })
  async finalizeStatement(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => FinalizeStatementInput) input: FinalizeStatementInput,
  ): Promise<{ statement: ShownStatement | null; userErrors: readonly UserError[] }> {
    const { statement, userErrors } = await this.service.finalize(viewer, input);
    return { statement: statement && toStatement({ isAdmin: isAdmin(viewer) }, statement), userErrors };
  }

  @FieldResolver(() => Client, { description: 'The client that owes.' })
  client(
    @Root() statement: ShownStatement,
    @CurrentViewer() viewer: Viewer,
    @Ctx() context: RequestContext,
  ): Promise<ShownClient | null> | null {
    return loadClient(context, this.clients, viewer, statement.clientId);
  }

  @FieldResolver(() => [StatementLine], {
    description: 'One for each key source and rate, and behind them what adjusts earlier statements.',
  })
  lines(@Root() statement: ShownStatement): readonly StatedLine[] {
    return statement.stated;
  }
}
