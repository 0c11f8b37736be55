import { mutation } from '../api/mutation';
import { useFresh } from '../api/query';
import type { Provider } from '../keys/operations';
import * as text from '../text/agents';
import { ChangeDialog, wayBack, type ErrorOf } from '../ui/change';
import { ClientField } from '../ui/client-field';
import { SelectField, TextField, textOf } from '../ui/form';
import { providerOptions } from '../ui/provider-fields';
import type { ShownAgent } from './agent';
import { numbersOf, wordsOf } from './numbers';

const CREATE = mutation('createAgent');
export const RENAME_AGENT = mutation('renameAgent');
const ASSIGN = mutation('assignAgent');
const UPDATE = mutation('updateAgent');

export function CreateAgent({ clientId, onClose }: { clientId: string | null; onClose: () => void }) {
  return (
    <ChangeDialog
      title={text.agents.create}
      submit={text.agents.create}
      mutation={CREATE}
      inputOf={(values) => ({
        name: textOf(values, 'name'),
        provider: textOf(values, 'provider') as Provider,
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
            options={providerOptions}
            error={errorOf('provider')}
          />
          <AtProvider errorOf={errorOf} />
          {clientId === null && <ClientField chosen={null} error={errorOf('clientId')} isOptional />}
        </>
      )}
    </ChangeDialog>
  );
}

const atProvider = (values: FormData) => ({
  providerAgentId: textOf(values, 'providerAgentId'),
  fromNumber: textOf(values, 'fromNumber') || null,
});

/** What the agent is at its provider. */
function AtProvider({ agent, errorOf }: { agent?: ShownAgent; errorOf: ErrorOf }) {
  const { data } = useFresh(async () => {
    // Before an agent is created, it is not known whose account it is in.
    if (!agent) return null;
    return numbersOf({ clientId: agent.client?.id ?? null, provider: agent.provider });
  });
  return (
    <>
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
  const { id: agentId, name, providerAgentId, fromNumber } = agent;
  return (
    <ChangeDialog
      title={text.agents.updateTitle(name)}
      mutation={UPDATE}
      inputOf={(values) => ({ agentId, ...atProvider(values) })}
      said={() => text.agents.updated(name)}
      undo={wayBack(UPDATE, {
        agentId,
        providerAgentId: providerAgentId ?? null,
        fromNumber: fromNumber ?? null,
      })}
      onClose={onClose}
    >
      {(errorOf) => <AtProvider agent={agent} errorOf={errorOf} />}
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
