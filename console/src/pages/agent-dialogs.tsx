import { graphql } from '../api/graphql';
import { reloadAll } from '../api/query';
import { request } from '../api/request';
import { fragments, type Provider } from '../keys/operations';
import { providerName, settings } from '../sign-in/settings';
import { text } from '../text';
import { ClientField } from '../ui/client-field';
import { errorOf, Form, SelectField, TextField, textOf, useChange } from '../ui/form';
import { Dialog } from '../ui/parts';
import { tell } from '../ui/toasts';
import type { ShownAgent } from './agent';

const CREATE_AGENT = graphql(
  `
    mutation CreateAgent($input: CreateAgentInput!) {
      createAgent(input: $input) {
        userErrors {
          ...Refused
        }
      }
    }
  `,
  [fragments.ERROR],
);

const RENAME_AGENT = graphql(
  `
    mutation RenameAgent($input: RenameAgentInput!) {
      renameAgent(input: $input) {
        userErrors {
          ...Refused
        }
      }
    }
  `,
  [fragments.ERROR],
);

const ASSIGN_AGENT = graphql(
  `
    mutation AssignAgent($input: AssignAgentInput!) {
      assignAgent(input: $input) {
        userErrors {
          ...Refused
        }
      }
    }
  `,
  [fragments.ERROR],
);

export function CreateAgent({ clientId, onClose }: { clientId: string | null; onClose: () => void }) {
  const change = useChange();
  const create = async (values: FormData) => {
    const input = {
      name: textOf(values, 'name'),
      provider: textOf(values, 'provider') as Provider,
      providerAgentId: textOf(values, 'providerAgentId'),
      fromNumber: textOf(values, 'fromNumber') || null,
      clientId: clientId ?? (textOf(values, 'clientId') || null),
    };
    if (!(await change.run(CREATE_AGENT, { input }, (data) => data.createAgent))) return;
    tell(text.agents.created(input.name));
    onClose();
  };
  const error = (field: string) => errorOf(change.errors, field);
  return (
    <Dialog title={text.agents.create} onClose={onClose}>
      <Form change={change} submit={text.agents.create} onSubmit={(values) => void create(values)}>
        <TextField label={text.common.name} name="name" hasFocus error={error('name')} />
        <SelectField
          label={text.common.provider}
          name="provider"
          options={settings.providers.map(({ id }) => [id, providerName(id)])}
          error={error('provider')}
        />
        <TextField
          label={text.agents.providerAgentId}
          name="providerAgentId"
          hint={text.agents.providerAgentIdHint}
          error={error('providerAgentId')}
        />
        <TextField
          label={text.agents.fromNumber}
          name="fromNumber"
          isOptional
          hint={text.agents.fromNumberHint}
          error={error('fromNumber')}
        />
        {clientId === null && <ClientField chosen={null} error={error('clientId')} isOptional />}
      </Form>
    </Dialog>
  );
}

interface AgentDialogProps {
  readonly agent: ShownAgent;
  readonly onClose: () => void;
}

export function RenameAgent({ agent: { id: agentId, name: before }, onClose }: AgentDialogProps) {
  const change = useChange();
  const rename = async (values: FormData) => {
    const name = textOf(values, 'name');
    if (!(await change.run(RENAME_AGENT, { input: { agentId, name } }, (data) => data.renameAgent))) return;
    tell(text.client.renamed(name), () =>
      request(RENAME_AGENT, { input: { agentId, name: before } }).then(reloadAll),
    );
    onClose();
  };
  return (
    <Dialog title={text.client.renameTitle(before)} onClose={onClose}>
      <Form change={change} submit={text.common.save} onSubmit={(values) => void rename(values)}>
        <TextField
          label={text.common.name}
          name="name"
          value={before}
          hasFocus
          error={errorOf(change.errors, 'name')}
        />
      </Form>
    </Dialog>
  );
}

export function AssignAgent({ agent: { id: agentId, name, client }, onClose }: AgentDialogProps) {
  const change = useChange();
  const assign = async (values: FormData) => {
    const clientId = textOf(values, 'clientId') || null;
    if (!(await change.run(ASSIGN_AGENT, { input: { agentId, clientId } }, (data) => data.assignAgent)))
      return;
    tell(text.agents.assigned(name), () =>
      request(ASSIGN_AGENT, { input: { agentId, clientId: client?.id ?? null } }).then(reloadAll),
    );
    onClose();
  };
  return (
    <Dialog title={text.agents.assignTitle(name)} onClose={onClose}>
      <Form change={change} submit={text.common.save} onSubmit={(values) => void assign(values)}>
        <ClientField
          chosen={client}
          error={errorOf(change.errors, 'clientId')}
          isOptional
          hint={text.agents.assignHint}
        />
      </Form>
    </Dialog>
  );
}
