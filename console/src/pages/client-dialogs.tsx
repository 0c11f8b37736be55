import { mutation } from '../api/mutation';
import { text } from '../text';
import { ChangeButton, ChangeDialog, wayBack } from '../ui/change';
import { TextField, textOf } from '../ui/form';

const CREATE = mutation('createClient');
export const RENAME_CLIENT = mutation('renameClient');
const ARCHIVE = mutation('archiveClient');
const RESTORE = mutation('restoreClient', '', 'ArchiveClientInput');

export function CreateClient({ onClose }: { onClose: () => void }) {
  return (
    <ChangeDialog
      title={text.clients.create}
      submit={text.clients.create}
      mutation={CREATE}
      inputOf={(values) => ({ name: textOf(values, 'name') })}
      said={(_done, { name }) => text.common.wasCreated(name)}
      onClose={onClose}
    >
      {(errorOf) => <TextField label={text.common.name} name="name" hasFocus error={errorOf('name')} />}
    </ChangeDialog>
  );
}

interface ClientProps {
  readonly client: { readonly id: string; readonly name: string };
}

export function ArchiveClient({ client, onClose }: ClientProps & { onClose: () => void }) {
  const { id: clientId, name } = client;
  return (
    <ChangeDialog
      title={text.client.archiveTitle(name)}
      submit={text.client.archive}
      kind="danger"
      mutation={ARCHIVE}
      inputOf={() => ({ clientId })}
      said={() => text.client.archived(name)}
      undo={wayBack(RESTORE, { clientId })}
      onClose={onClose}
    >
      {() => <p>{text.client.archiveHint}</p>}
    </ChangeDialog>
  );
}

export function RestoreClient({ client: { id: clientId, name } }: ClientProps) {
  return (
    <ChangeButton
      label={text.client.restore}
      mutation={RESTORE}
      input={{ clientId }}
      said={text.client.restored(name)}
      undo={wayBack(ARCHIVE, { clientId })}
    />
  );
}
