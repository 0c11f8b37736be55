import { graphql, type ResultOf } from '../api/graphql';
import { useFresh, type Answered } from '../api/query';
import { request } from '../api/request';
import * as text from '../text/people';
import { Loaded } from '../ui/page';

const GRANTED = graphql(`
  query GrantedAccess($personId: ID!) {
    grantedAccess(personId: $personId) {
      kind
      objectId
      name
      isRevoked
    }
  }
`);

/** What the mutations that withdraw it are asked for. */
export const WITHDRAWN = 'grantedAccess{kind objectId name isRevoked}';

type Granted = NonNullable<ResultOf<typeof GRANTED>['grantedAccess']>[number];

const KEEP = {
  SERVICE_TOKEN: 'keepServiceTokens',
  GATEWAY_TOKEN: 'keepGatewayTokens',
  KEY_LINK: 'keepKeyLinks',
  INVITATION: 'keepInvitations',
} as const;
const KINDS = ['SERVICE_TOKEN', 'GATEWAY_TOKEN', 'KEY_LINK', 'INVITATION'] as const;

export const keptOf = (values: FormData) => ({
  keepServiceTokens: values.has(KEEP.SERVICE_TOKEN),
  keepGatewayTokens: values.has(KEEP.GATEWAY_TOKEN),
  keepKeyLinks: values.has(KEEP.KEY_LINK),
  keepInvitations: values.has(KEEP.INVITATION),
});

const namesOf = (access: readonly Granted[]) => access.map(({ name }) => name).join(', ');

export type GrantedAccess = Answered<ResultOf<typeof GRANTED>>;

/** By what a person has let others in. */
export const useGranted = (personId: string): GrantedAccess => useFresh(() => request(GRANTED, { personId }));

interface GrantedFieldsProps {
  readonly granted: GrantedAccess;
  readonly hint: string;
  /** Nobody keeps a way in for themselves. */
  readonly isOwn: boolean;
}

/** For each kind whether it is kept, and what goes with the person in any case; nothing where there is nothing. */
export function GrantedFields({ granted, hint, isOwn }: GrantedFieldsProps) {
  return (
    <Loaded of={granted} rows={2}>
      {({ grantedAccess }) => {
        const of = (kind: Granted['kind']) => (grantedAccess ?? []).filter((each) => each.kind === kind);
        const people = of('PERSON');
        const webhooks = of('OUTGOING_WEBHOOK');
        const kinds = KINDS.filter((kind) => of(kind).length > 0);
        return (
          <>
            {kinds.length > 0 && isOwn && (
              <div>
                <p>{text.granted.goes}</p>
                <ul>
                  {kinds.map((kind) => (
                    <li key={kind}>{text.granted.goesOf[kind](namesOf(of(kind)))}</li>
                  ))}
                </ul>
              </div>
            )}
            {kinds.length > 0 && !isOwn && (
              <fieldset>
                <legend>{hint}</legend>
                {kinds.map((kind) => (
                  <label key={kind} class="check">
                    <input type="checkbox" name={KEEP[kind]} />
                    <span>
                      {text.granted.keep[kind]}
                      <span class="fine"> {namesOf(of(kind))}</span>
                    </span>
                  </label>
                ))}
              </fieldset>
            )}
            {people.length > 0 && <p class="fine">{text.granted.stay(namesOf(people))}</p>}
            {webhooks.length > 0 && <p class="fine">{text.granted.staysOut(namesOf(webhooks))}</p>}
          </>
        );
      }}
    </Loaded>
  );
}

/** What became of the person, and of all that it had let others in by. */
export function withdrawn(said: string, access: readonly Granted[] | null) {
  if (!access?.length) return said;
  return (
    <div class="stack" role="status">
      <p>{said}</p>
      <ul>
        {access.map(({ objectId, kind, name, isRevoked }) => (
          <li key={objectId}>
            {text.granted.kind[kind]} {name}: <strong>{text.granted.outcome(isRevoked)}</strong>
          </li>
        ))}
      </ul>
    </div>
  );
}
