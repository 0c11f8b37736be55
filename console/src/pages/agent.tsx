import { graphql, type ResultOf } from '../api/graphql';
import { useQuery } from '../api/query';
import { WhyThisKey } from '../keys/why';
import { hasWebCalls, kindsOf, providerName } from '../sign-in/settings';
import { useViewer } from '../sign-in/viewer';
import * as text from '../text/agents';
import { Facts } from '../ui/facts';
import { Opens } from '../ui/opens';
import { Loaded, NotFound, Page } from '../ui/page';
import { ClientLink, Note } from '../ui/parts';
import { Rename } from '../ui/rename';
import { backTo } from '../ui/router';
import { AssignAgent, RENAME_AGENT, UpdateAgent } from './agent-dialogs';
import { CallList } from './call-list';
import { isArchived, StartCall, StartWebCall, TestCall } from './place-call';

const AGENT = graphql(`
  query Agent($id: ID!, $withKeys: Boolean!) {
    agent(id: $id) {
      id
      name
      provider
      providerAgentId
      providerAgentKind
      fromNumber
      client {
        id
        name
        archivedAt
      }
      keyResolution @include(if: $withKeys) {
        source
        status
        explanation
        sourceIfClientKeyCleared
        steps {
          source
          isSet
          taken
          reason
        }
      }
    }
  }
`);

export type ShownAgent = NonNullable<ResultOf<typeof AGENT>['agent']>;

export function AgentPage({ id }: { id: string }) {
  const viewer = useViewer();
  const answered = useQuery(AGENT, { id, withKeys: viewer.canManageApiKeys });
  return (
    <Loaded of={answered}>
      {({ agent }) => (agent ? <ShowAgent agent={agent} reload={answered.reload} /> : <NotFound />)}
    </Loaded>
  );
}

interface ShowAgentProps {
  readonly agent: ShownAgent;
  readonly reload: () => Promise<void>;
}

function ShowAgent({ agent, reload }: ShowAgentProps) {
  const viewer = useViewer();
  const { id, name, provider, providerAgentId, providerAgentKind, fromNumber, client, keyResolution } = agent;
  const isAgencys = viewer.role !== 'PORTAL_USER';
  const back = (
    <a class="back" href={backTo('/agents')}>
      {text.agents.back}
    </a>
  );
  return (
    <Page title={name} above={back} actions={<Actions agent={agent} reload={reload} />}>
      {isArchived(agent) && isAgencys && <Note tone="warn">{text.common.isArchived}</Note>}
      <Facts
        facts={[
          [text.common.provider, providerName(provider)],
          [text.agents.providerAgentId, <code>{providerAgentId}</code>],
          [
            text.agents.kind,
            providerAgentKind && kindsOf(provider).length > 1 ? text.agentKinds[providerAgentKind] : null,
          ],
          [text.agents.fromNumber, fromNumber],
          [
            text.common.client,
            isAgencys ? client ? <ClientLink client={client} /> : text.common.noClient : null,
          ],
        ]}
      />
      {keyResolution && <WhyThisKey resolution={keyResolution} />}
      {viewer.canViewCalls && (
        <>
          <h2>{text.agents.calls}</h2>
          <CallList filter={{ agentId: id }} />
        </>
      )}
    </Page>
  );
}

function Actions({ agent, reload }: ShowAgentProps) {
  const viewer = useViewer();
  const isOff = isArchived(agent);
  return (
    <>
      {viewer.canEditAgents && (
        <Opens label={text.common.rename}>
          {(close) => (
            <Rename
              mutation={RENAME_AGENT}
              inputOf={(name) => ({ agentId: agent.id, name })}
              name={agent.name}
              onClose={close}
            />
          )}
        </Opens>
      )}
      {viewer.canManageApiKeys && (
        <>
          <Opens label={text.agents.update}>{(close) => <UpdateAgent agent={agent} onClose={close} />}</Opens>
          <Opens label={text.agents.assign}>{(close) => <AssignAgent agent={agent} onClose={close} />}</Opens>
        </>
      )}
      {viewer.canStartTestCalls && (
        <Opens label={text.agents.testCall} isOff={isOff}>
          {(close) => <TestCall agent={agent} reload={reload} onClose={close} />}
        </Opens>
      )}
      {viewer.canStartCalls && hasWebCalls(agent.provider) && (
        <Opens label={text.agents.startWebCall} isOff={isOff}>
          {(close) => <StartWebCall agent={agent} reload={reload} onClose={close} />}
        </Opens>
      )}
      {viewer.canStartCalls && (
        <Opens kind="primary" label={text.agents.startCall} isOff={isOff}>
          {(close) => <StartCall agent={agent} reload={reload} onClose={close} />}
        </Opens>
      )}
    </>
  );
}
