import { mutation } from '../api/mutation';
import * as text from '../text/clients';
import { ChangeDialog } from '../ui/change';
import { TextField, textOf } from '../ui/form';

const CREATE = mutation('createClient');

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
