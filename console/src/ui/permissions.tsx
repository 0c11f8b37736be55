import type { NeededPermissions } from '../../../src/access/portal-permissions';
import type { Mutation } from '../api/mutation';
import * as text from '../text/permissions';
import { ChangeForm } from './change';
import { Group } from './form';

export type Permission = keyof typeof text.permissions;

const ALL = Object.keys(text.permissions) as Permission[];

/** What needs what; the server refuses one without the other. */
const NEEDS: Partial<Record<Permission, Permission>> = {
  EDIT_AGENTS: 'VIEW_AGENTS',
  VIEW_CALL_DETAILS: 'VIEW_CALLS',
  MANAGE_INTEGRATIONS: 'VIEW_INTEGRATIONS',
} satisfies NeededPermissions;

/** Checkboxes; choosing one chooses what it needs, and dropping that drops it. */
export function PermissionFields({
  chosen,
  error,
}: {
  chosen: readonly Permission[];
  error?: string | undefined;
}) {
  const onChange = (event: Event) => {
    const box = event.target as HTMLInputElement;
    const boxes = (event.currentTarget as HTMLElement).querySelectorAll<HTMLInputElement>('input');
    const boxOf = (name: string | undefined) => [...boxes].find(({ value }) => value === name);
    const needed = boxOf(NEEDS[box.value as Permission]);
    if (box.checked && needed) needed.checked = true;
    for (const each of boxes)
      if (!box.checked && NEEDS[each.value as Permission] === box.value) each.checked = false;
  };
  return (
    <Group legend={text.defaults.permissions} error={error} onChange={onChange}>
      {ALL.map((permission) => (
        <label key={permission} class="check">
          <input
            type="checkbox"
            name="permissions"
            value={permission}
            defaultChecked={chosen.includes(permission)}
          />
          <span>{text.permissions[permission]}</span>
        </label>
      ))}
    </Group>
  );
}

export const permissionsOf = (values: FormData) => values.getAll('permissions') as Permission[];

interface PermissionDefaultsProps<Input> {
  readonly mutation: Mutation<Input>;
  readonly inputOf: (permissions: Permission[]) => Input;
  readonly chosen: readonly Permission[];
  readonly hint: string;
}

/** What new portal users start with: those of a client, or of the clients to come. */
export function PermissionDefaults<Input>(props: PermissionDefaultsProps<Input>) {
  const { mutation, inputOf, chosen, hint } = props;
  return (
    <section class="card padded">
      <h2>{text.defaults.title}</h2>
      <p class="fine">{hint}</p>
      <ChangeForm
        mutation={mutation}
        inputOf={(values) => inputOf(permissionsOf(values))}
        said={() => text.defaults.saved}
      >
        {(errorOf) => <PermissionFields chosen={chosen} error={errorOf('permissions')} />}
      </ChangeForm>
    </section>
  );
}
