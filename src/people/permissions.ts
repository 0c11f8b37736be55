import { PORTAL_PERMISSIONS, traitsOfPermission, type PortalPermission } from '../access/portal-permissions';
import { userError, type UserError } from '../graphql/user-error';

/** Tells whether two sets of permissions are the same, in whatever order. */
export function samePermissions(
  one: readonly PortalPermission[],
  other: readonly PortalPermission[],
): boolean {
  return one.length === other.length && one.every((name) => other.includes(name));
}

/**
 * Returns what is wrong with a set of permissions: one is named twice, or one lacks the other one that it
 * needs. A list that is longer than all permissions is not looked through.
 */
export function checkPermissions(
  permissions: readonly PortalPermission[],
  field: readonly string[],
): UserError[] {
  const { length: known } = PORTAL_PERMISSIONS;
  if (permissions.length > known)
    return [userError('TOO_LONG', field, `There are ${known} permissions: name each at most once.`)];
  return permissions.flatMap((name, index) => {
    const { needs: needed } = traitsOfPermission(name);
    const lacks = needed && !permissions.includes(needed);
    return [
      ...(permissions.indexOf(name) < index ? [userError('DUPLICATE', [...field, index])] : []),
      ...(lacks ? [userError('PERMISSION_NEEDED', [...field, index], `${name} needs ${needed}.`)] : []),
    ];
  });
}
