import { useState } from 'preact/hooks';
import { mutation } from '../api/mutation';
import { useFresh } from '../api/query';
import type { Provider } from '../keys/operations';
import { kindsOf, type AgentKind } from '../sign-in/settings';
import * as text from '../text/agents';
import { ChangeDialog, wayBack, type ErrorOf } from '../ui/change';
import { ClientField } from '../ui/client-field';
import { SelectField, TextField, textOf } from '../ui/form';
import { firstProvider, providerOptions } from '../ui/provider-fields';
import type { ShownAgent } from './agent';
import { numbersOf, wordsOf } from './numbers';

const CREATE = mutation('createAgent');
export const RENAME_AGENT = mutation('renameAgent');
const ASSIGN = mutation('assignAgent');
const UPDATE = mutation('updateAgent');

export function CreateAgent({ clientId, onClose }: { clientId: string | null; onClose: () => void }) {
  const [provider, setProvider] = useState(firstProvider);
  return (
    <ChangeDialog
      title={text.agents.create}
      submit={text.agents.create}
      mutation={CREATE}
      inputOf={(values) => ({
        name: textOf(values, 'name'),
        provider,
        ...atProvider(values),
        clientId: clientId ?? (textOf(values, 'clientId') || null),
      })}
      said={(_done, { name }) => text.common.wasCreated(name)}
      onClose={onClose}
    >
      {(errorOf) => (
        <>
          <TextField label={text.common.name} name="name" hasFocus error={errorOf('name')} />
          <SelectField
            label={text.common.provider}
            name="provider"
            value={provider}
            options={providerOptions}
            onChange={(chosen) => setProvider(chosen as Provider)}
            error={errorOf('provider')}
          />
          <AtProvider provider={provider} errorOf={errorOf} />
          {clientId === null && <ClientField chosen={null} error={errorOf('clientId')} isOptional />}
        </>
      )}
    </ChangeDialog>
  );
}

const atProvider = (values: FormData) => ({
  providerAgentId: textOf(values, 'providerAgentId'),
  providerAgentKind: (textOf(values, 'providerAgentKind') || null) as AgentKind | null,
  fromNumber: textOf(values, 'fromNumber') || null,
});

interface AtProviderProps {
  readonly provider: Provider;
  readonly agent?: ShownAgent;
  readonly errorOf: ErrorOf;
}

/** What the agent is at its provider. */
function AtProvider({ provider, agent, errorOf }: AtProviderProps) {
  const { data } = useFresh(async () => {
    // Before an agent is created, it is not known whose account it is in.
    if (!agent) return null;
    return numbersOf({ clientId: agent.client?.id ?? null, provider: agent.provider });
  });
  const kinds = kindsOf(provider);
  return (
    <>
      {kinds.length > 1 && (
        <SelectField
          label={text.agents.kind}
          name="providerAgentKind"
          value={agent?.providerAgentKind ?? ''}
          options={kinds.map((kind) => [kind, text.agentKinds[kind]])}
          error={errorOf('providerAgentKind')}
        />
      )}
      <TextField
        label={text.agents.providerAgentId}
        name="providerAgentId"
        value={agent?.providerAgentId ?? ''}
        hint={text.agents.providerAgentIdHint}
        error={errorOf('providerAgentId')}
      />
      <TextField
        label={text.agents.fromNumber}
        name="fromNumber"
        value={agent?.fromNumber ?? ''}
        isOptional
        hint={text.agents.fromNumberHint}
        proposed={data.value?.numbers.map((number) => [number.fromNumber, wordsOf(number)] as const) ?? []}
        error={errorOf('fromNumber')}
      />
    </>
  );
}

interface AgentDialogProps {
  readonly agent: ShownAgent;
  readonly onClose: () => void;
}

export function UpdateAgent({ agent, onClose }: AgentDialogProps) {
  const { id: agentId, name, provider, providerAgentId, providerAgentKind, fromNumber } = agent;
  return (
    <ChangeDialog
      title={text.agents.updateTitle(name)}
      mutation={UPDATE}
      inputOf={(values) => ({ agentId, ...atProvider(values) })}
      said={() => text.agents.updated(name)}
      undo={wayBack(UPDATE, {
        agentId,
        providerAgentId: providerAgentId ?? null,
        providerAgentKind: providerAgentKind ?? null,
        fromNumber: fromNumber ?? null,
      })}
      onClose={onClose}
    >
      {(errorOf) => <AtProvider provider={provider} agent={agent} errorOf={errorOf} />}
    </ChangeDialog>
  );
}

export function AssignAgent({ agent: { id: agentId, name, client }, onClose }: AgentDialogProps) {
  return (
    <ChangeDialog
      title={text.agents.assignTitle(name)}
      mutation={ASSIGN}
      inputOf={(values) => ({ agentId, clientId: textOf(values, 'clientId') || null })}
      said={() => text.agents.assigned(name)}
      undo={wayBack(ASSIGN, { agentId, clientId: client?.id ?? null })}
      onClose={onClose}
    >
      {(errorOf) => (
        <ClientField
          chosen={client?.id ?? null}
          error={errorOf('clientId')}
          isOptional
          hint={text.agents.assignHint}
        />
      )}
    </ChangeDialog>
  );
}
