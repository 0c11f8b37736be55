interface PermissionTraits {
  readonly description: string;
  /** The permission without which this one means nothing. */
  readonly needs?: string;
}

/** Every permission that a portal user can have, in the words of the schema. */
const PERMISSIONS = {
  VIEW_AGENTS: { description: 'See the agents of the client.' },
  EDIT_AGENTS: { description: 'Rename the agents of the client.', needs: 'VIEW_AGENTS' },
  VIEW_CALLS: { description: 'See the calls of the client.' },
  VIEW_CALL_DETAILS: {
    description: 'See the phone number, the error and the id at the provider of each call.',
    needs: 'VIEW_CALLS',
  },
  VIEW_ANALYTICS: {
    description: 'See how many calls of the client there were, how they ended, and how long they lasted.',
  },
  MANAGE_BILLING: {
    description: "See the statements of the client, and what calls on the client's own account cost.",
  },
  VIEW_INTEGRATIONS: {
    description: 'See which keys were handed in for the client, and what became of each; never a key.',
  },
  MANAGE_INTEGRATIONS: {
    description: 'Hand in a key of the client for the agency to accept. The key is never shown again.',
    needs: 'VIEW_INTEGRATIONS',
  },
} as const satisfies Readonly<Record<string, PermissionTraits>>;

export type PortalPermission = keyof typeof PERMISSIONS;
type Listed = typeof PERMISSIONS;
/** Of each permission that needs another one, which one. The compiler holds the console's list to it. */
export type NeededPermissions = {
  [P in keyof Listed as Listed[P] extends { needs: string } ? P : never]: Listed[P] extends { needs: infer N }
    ? N
    : never;
};
export const PORTAL_PERMISSIONS = Object.keys(PERMISSIONS) as PortalPermission[];

export function traitsOfPermission(permission: PortalPermission): {
  readonly description: string;
  readonly needs?: PortalPermission;
} {
  return PERMISSIONS[permission];
}

/** Converts permissions to and from the text in which a column stores them. */
export const permissionList = {
  to: (permissions: readonly PortalPermission[]): string => permissions.join(','),
  from: (text: string): PortalPermission[] => (text === '' ? [] : (text.split(',') as PortalPermission[])),
};
