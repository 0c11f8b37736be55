import { graphql } from '../api/graphql';
import { text } from '../text';
import { errorOf, Form, TextField, textOf, useChange } from '../ui/form';
import { Dialog } from '../ui/parts';
import { tell } from '../ui/toasts';

const CREATE_CLIENT = graphql(`
  mutation CreateClient($input: CreateClientInput!) {
    createClient(input: $input) {
      client {
        id
        name
      }
      userErrors {
        code
        field
        message
      }
    }
  }
`);

export function CreateClient({ onClose }: { onClose: () => void }) {
  const change = useChange();
  const create = async (values: FormData) => {
    const name = textOf(values, 'name');
    const created = await change.run(CREATE_CLIENT, { input: { name } }, ({ createClient }) => createClient);
    if (!created) return;
    tell(text.clients.created(created.client?.name ?? name));
    onClose();
  };
  return (
    <Dialog title={text.clients.create} onClose={onClose}>
      <Form change={change} submit={text.clients.create} onSubmit={(values) => void create(values)}>
        <TextField label={text.common.name} name="name" hasFocus error={errorOf(change.errors, 'name')} />
      </Form>
    </Dialog>
  );
}
