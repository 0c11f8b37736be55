import type { Mutation } from '../api/mutation';
import * as text from '../text/common';
import { ChangeDialog, wayBack } from './change';
import { TextField, textOf } from './form';

interface RenameProps<Input extends { readonly name: string }> {
  readonly mutation: Mutation<Input>;
  readonly inputOf: (name: string) => Input;
  readonly name: string;
  readonly onClose: () => void;
}

/** Of a client or an agent. */
export function Rename<Input extends { readonly name: string }>(props: RenameProps<Input>) {
  const { mutation, inputOf, name, onClose } = props;
  return (
    <ChangeDialog
      title={text.common.renameTitle(name)}
      mutation={mutation}
      inputOf={(values) => inputOf(textOf(values, 'name'))}
      said={(_done, input) => text.common.renamed(input.name)}
      undo={wayBack(mutation, inputOf(name))}
      onClose={onClose}
    >
      {(errorOf) => (
        <TextField label={text.common.name} name="name" value={name} hasFocus error={errorOf('name')} />
      )}
    </ChangeDialog>
  );
}
