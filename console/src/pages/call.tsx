import { graphql, type ResultOf } from '../api/graphql';
import { mutation } from '../api/mutation';
import { useQuery } from '../api/query';
import { Chain } from '../keys/why';
import { providerName } from '../sign-in/settings';
import { useViewer } from '../sign-in/viewer';
import * as text from '../text/calls';
import { ChangeDialog } from '../ui/change';
import { Facts } from '../ui/facts';
import { LATE_MS, useFollowing } from '../ui/follow';
import { Opens } from '../ui/opens';
import { Loaded, NotFound, Page } from '../ui/page';
import { backTo } from '../ui/router';
import { Badge, ClientLink, Moment, Note, Stack } from '../ui/parts';
import { CallContent } from './call-content';
import { awaitsCost, CallState, costOf, isGoingOn, lengthOf } from './call-state';

const CALL = graphql(`
  query Call($id: ID!, $withDetails: Boolean!, $withKeys: Boolean!, $withCost: Boolean!) {
    call(id: $id) {
      id
      provider
      kind
      origin
      direction
      status
      createdAt
      startedAt
      endedAt
      durationMs
      endReason
      costStatus
      providerCost @include(if: $withCost) {
        amount
        currency
      }
      toNumber @include(if: $withDetails)
      providerCallId @include(if: $withDetails)
      error @include(if: $withDetails) {
        message
      }
      isOtherAccount @include(if: $withKeys)
      keySource @include(if: $withKeys)
      receipt @include(if: $withKeys) {
        resolvedAt
        source
        version
        explanation
        steps {
          source
          isSet
          taken
          reason
        }
      }
      agent {
        id
        name
      }
      client {
        id
        name
      }
    }
  }
`);

const END = mutation('endCall', 'call{status}');

type ShownCall = NonNullable<ResultOf<typeof CALL>['call']>;

export function CallPage({ id }: { id: string }) {
  const viewer = useViewer();
  const answered = useQuery(CALL, {
    id,
    withDetails: viewer.canViewCallDetails,
    withKeys: viewer.canManageApiKeys,
    withCost: viewer.canManageBilling,
  });
  const { status = 'COMPLETED', costStatus = 'KNOWN' } = answered.data.value?.call ?? {};
  const goesOn = isGoingOn(status);
  // Its cost is told after the end, and perhaps never.
  useFollowing(
    goesOn || awaitsCost(viewer, { costStatus }),
    `${status} ${costStatus}`,
    answered.reload,
    goesOn ? Infinity : LATE_MS,
  );
  return <Loaded of={answered}>{({ call }) => (call ? <ShowCall call={call} /> : <NotFound />)}</Loaded>;
}

function ShowCall({ call }: { call: ShownCall }) {
  const viewer = useViewer();
  const { agent, status, direction, endReason, error, isOtherAccount, receipt } = call;
  return (
    <Page
      title={text.call.title(direction === 'INBOUND', agent.name)}
      above={
        <a class="back" href={backTo('/calls')}>
          {text.call.back}
        </a>
      }
      actions={viewer.canStartCalls && isGoingOn(status) && <EndCall id={call.id} />}
    >
      <p class="summary" role="status">
        <CallState status={status} />
        <span>
          {text.call.says[status]} {endReason && endReason !== status && text.call.ends[endReason]}
        </span>
      </p>
      {error && (
        <Note tone="bad">
          <p>{error.message}</p>
        </Note>
      )}
      {isOtherAccount === true && <Note tone="warn">{text.call.otherAccount}</Note>}
      <CallFacts call={call} />
      {viewer.canViewCallDetails && !isGoingOn(status) && call.durationMs !== 0 && (
        <CallContent id={call.id} endedAt={call.endedAt} />
      )}
      {receipt && (
        <Chain
          title={text.call.receipt}
          of={receipt}
          taken={receipt.version !== null && <Badge tone="ok">{text.call.version(receipt.version)}</Badge>}
        >
          <p class="fine">{text.call.resolved(new Date(receipt.resolvedAt).toLocaleString())}</p>
        </Chain>
      )}
      {receipt === null && <p class="fine">{text.call.noReceipt}</p>}
    </Page>
  );
}

const moment = (at: string | null) => at && <Moment at={at} />;

function CallFacts({ call }: { call: ShownCall }) {
  const viewer = useViewer();
  const { agent, client, costStatus, keySource } = call;
  const cost = viewer.canManageBilling ? costOf(call) : null;
  return (
    <Facts
      facts={[
        [text.common.agent, viewer.canViewAgents ? <a href={`/agents/${agent.id}`}>{agent.name}</a> : null],
        [text.common.client, viewer.role === 'PORTAL_USER' ? null : <ClientLink client={client} />],
        [text.common.provider, providerName(call.provider)],
        [text.call.number, call.toNumber],
        [text.calls.kind, text.calls.kinds[call.kind]],
        [text.calls.direction, text.calls.directions[call.direction]],
        [text.calls.origin, text.calls.origins[call.origin]],
        [text.call.asked, moment(call.createdAt)],
        [text.call.began, moment(call.startedAt)],
        [text.call.ended, moment(call.endedAt)],
        [text.calls.lasted, lengthOf(call.durationMs)],
        [
          text.call.cost,
          cost &&
            (costStatus === 'KNOWN' ? cost : <Stack fine={text.call.costSays[costStatus]}>{cost}</Stack>),
        ],
        [text.calls.key, viewer.canManageApiKeys ? text.source[keySource ?? 'none'] : null],
        [text.call.providerCallId, call.providerCallId && <code>{call.providerCallId}</code>],
      ]}
    />
  );
}

function EndCall({ id }: { id: string }) {
  return (
    <Opens kind="danger" label={text.call.end}>
      {(close) => (
        <ChangeDialog
          title={text.call.endTitle}
          submit={text.call.end}
          kind="danger"
          mutation={END}
          inputOf={() => ({ callId: id })}
          said={({ call }) => text.call.wasEnded(call !== null && isGoingOn(call.status))}
          onClose={close}
        >
          {() => <p>{text.call.endHint}</p>}
        </ChangeDialog>
      )}
    </Opens>
  );
}
