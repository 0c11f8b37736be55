/** What the demo's data is known by in tests; see `src/demo/seed.ts`. */
const id = (number: number) => `01900000-0000-7000-8000-${String(number).padStart(12, '0')}`;

export const BRIGHTLINE = id(1);

export const HARBOR = id(101);
export const MAPLE = id(102);
export const CEDAR = id(103);
export const ARCHIVED_CLIENT = id(104);
export const OTHER_AGENCYS_CLIENT = id(201);

export const HARBOR_RETELL_AGENT = id(401);
export const HARBOR_VAPI_AGENT = id(402);
export const HARBOR_BLAND_AGENT = id(403);
export const MAPLE_RETELL_AGENT = id(404);
export const ARCHIVED_CLIENTS_AGENT = id(407);
export const AGENCYS_OWN_AGENT = id(408);
export const OTHER_AGENCYS_AGENT = id(409);
export const OTHER_AGENCYS_VAPI_AGENT = id(410);

export const NEVER_GIVEN_OUT = id(999999);
