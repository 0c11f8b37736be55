// Someone who belongs to several agencies chooses one for this tab. Its id is no secret, and survives a reload.
const KEPT_AS = 'latchkey-agency';

export function chosenAgency(): string | null {
  return sessionStorage.getItem(KEPT_AS);
}

export function chooseAgency(id: string | null): void {
  if (id === null) sessionStorage.removeItem(KEPT_AS);
  else sessionStorage.setItem(KEPT_AS, id);
}
