import { mutation } from '../api/mutation';
import * as text from '../text/client';
import { ChangeButton, ChangeDialog, wayBack } from '../ui/change';

export const RENAME_CLIENT = mutation('renameClient');
const ARCHIVE = mutation('archiveClient');
const RESTORE = mutation('restoreClient', '', 'ArchiveClientInput');

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
