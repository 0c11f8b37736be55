import { mutation } from '../api/mutation';
import type { Provider } from '../keys/operations';
import { providerName, settings } from '../sign-in/settings';
import { text } from '../text';
import { ChangeDialog, wayBack } from '../ui/change';
import { ClientField } from '../ui/client-field';
import { SelectField, TextField, textOf } from '../ui/form';
import type { ShownAgent } from './agent';

const CREATE = mutation('createAgent');
export const RENAME_AGENT = mutation('renameAgent');
const ASSIGN = mutation('assignAgent');

export function CreateAgent({ clientId, onClose }: { clientId: string | null; onClose: () => void }) {
  return (
    <ChangeDialog
      title={text.agents.create}
      submit={text.agents.create}
      mutation={CREATE}
      inputOf={(values) => ({
        name: textOf(values, 'name'),
        provider: textOf(values, 'provider') as Provider,
        providerAgentId: textOf(values, 'providerAgentId'),
        fromNumber: textOf(values, 'fromNumber') || null,
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
            options={settings.providers.map(({ id }) => [id, providerName(id)])}
            error={errorOf('provider')}
          />
          <TextField
            label={text.agents.providerAgentId}
            name="providerAgentId"
            hint={text.agents.providerAgentIdHint}
            error={errorOf('providerAgentId')}
          />
          <TextField
            label={text.agents.fromNumber}
            name="fromNumber"
            isOptional
            hint={text.agents.fromNumberHint}
            error={errorOf('fromNumber')}
          />
          {clientId === null && <ClientField chosen={null} error={errorOf('clientId')} isOptional />}
        </>
      )}
    </ChangeDialog>
  );
}

interface AssignAgentProps {
  readonly agent: ShownAgent;
  readonly onClose: () => void;
}

export function AssignAgent({ agent: { id: agentId, name, client }, onClose }: AssignAgentProps) {
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
