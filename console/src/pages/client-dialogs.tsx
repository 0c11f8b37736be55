import { graphql } from '../api/graphql';
import { reloadAll } from '../api/query';
import { request } from '../api/request';
import { fragments } from '../keys/operations';
import { text } from '../text';
import { errorOf, Form, TextField, textOf, useChange } from '../ui/form';
import { Button, Dialog } from '../ui/parts';
import { tell } from '../ui/toasts';

const CREATE_CLIENT = graphql(
  `
    mutation CreateClient($input: CreateClientInput!) {
      createClient(input: $input) {
        client {
          id
          name
        }
        userErrors {
          ...Refused
        }
      }
    }
  `,
  [fragments.ERROR],
);

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

const RENAME_CLIENT = graphql(
  `
    mutation RenameClient($input: RenameClientInput!) {
      renameClient(input: $input) {
        client {
          id
          name
        }
        userErrors {
          ...Refused
        }
      }
    }
  `,
  [fragments.ERROR],
);

const ARCHIVE_CLIENT = graphql(
  `
    mutation ArchiveClient($input: ArchiveClientInput!) {
      archiveClient(input: $input) {
        userErrors {
          ...Refused
        }
      }
    }
  `,
  [fragments.ERROR],
);

const RESTORE_CLIENT = graphql(
  `
    mutation RestoreClient($input: ArchiveClientInput!) {
      restoreClient(input: $input) {
        userErrors {
          ...Refused
        }
      }
    }
  `,
  [fragments.ERROR],
);

interface ClientDialogProps {
  readonly client: { readonly id: string; readonly name: string };
  readonly onClose: () => void;
}

export function RenameClient({ client: { id: clientId, name: before }, onClose }: ClientDialogProps) {
  const change = useChange();
  const rename = async (values: FormData) => {
    const name = textOf(values, 'name');
    const renamed = await change.run(
      RENAME_CLIENT,
      { input: { clientId, name } },
      (data) => data.renameClient,
    );
    if (!renamed) return;
    tell(text.client.renamed(name), () =>
      request(RENAME_CLIENT, { input: { clientId, name: before } }).then(reloadAll),
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

export function ArchiveClient({ client: { id: clientId, name }, onClose }: ClientDialogProps) {
  const change = useChange();
  const input = { clientId };
  const archive = async () => {
    if (!(await change.run(ARCHIVE_CLIENT, { input }, (data) => data.archiveClient))) return;
    tell(text.client.archived(name), () => request(RESTORE_CLIENT, { input }).then(reloadAll));
    onClose();
  };
  return (
    <Dialog title={text.client.archiveTitle(name)} onClose={onClose}>
      <Form change={change} kind="danger" submit={text.client.archive} onSubmit={() => void archive()}>
        <p>{text.client.archiveHint}</p>
      </Form>
    </Dialog>
  );
}

export function RestoreClient({ client: { id: clientId, name } }: Pick<ClientDialogProps, 'client'>) {
  const change = useChange();
  const input = { clientId };
  const restore = async () => {
    if (!(await change.run(RESTORE_CLIENT, { input }, (data) => data.restoreClient))) return;
    tell(text.client.restored(name), () => request(ARCHIVE_CLIENT, { input }).then(reloadAll));
  };
  return (
    <Button isBusy={change.isBusy} onClick={() => void restore()}>
      {text.client.restore}
    </Button>
  );
}
