import { useState } from 'preact/hooks';
import { mutation, type DoneBy } from '../api/mutation';
import { useFresh } from '../api/query';
import type { Provider } from '../keys/operations';
import { providerName } from '../sign-in/settings';
import * as text from '../text/import';
import { ChangeForm } from '../ui/change';
import { ClientField } from '../ui/client-field';
import { SelectField, textOf } from '../ui/form';
import { Loaded, Page } from '../ui/page';
import { Badge, Button, Note } from '../ui/parts';
import { providerOptions } from '../ui/provider-fields';
import { backTo } from '../ui/router';
import { numbersOf, wordsOf } from './numbers';

const IMPORT = mutation(
  'importAgents',
  'keySource isComplete error{message} found{providerAgentId providerAgentKind name agent{id name client{name}}} missing{id name} created{id name providerAgentId}',
);
const UPDATE = mutation('updateAgent');

type Compared = DoneBy<typeof IMPORT>;
type Created = Compared['created'][number];

interface Account {
  readonly provider: Provider;
  readonly clientId: string | null;
}

/** Compares an account first; only what is chosen then is created. */
export function ImportPage() {
  const [round, setRound] = useState(0);
  const again = () => setRound(round + 1);
  return (
    <Page
      title={text.imports.title}
      lead={text.imports.lead}
      above={
        <a class="back" href={backTo('/agents')}>
          {text.imports.back}
        </a>
      }
    >
      <ChangeForm
        key={round}
        mutation={IMPORT}
        submit={text.imports.compare}
        inputOf={(values) => ({ ...accountOf(values), dryRun: true })}
        said={(compared, { provider, clientId }) => (
          <Choose compared={compared} account={{ provider, clientId: clientId ?? null }} onAgain={again} />
        )}
      >
        {(errorOf) => (
          <section class="card padded">
            <SelectField label={text.common.provider} name="provider" options={providerOptions} />
            <ClientField
              chosen={null}
              error={errorOf('clientId')}
              isOptional
              hint={text.imports.compareHint}
            />
          </section>
        )}
      </ChangeForm>
    </Page>
  );
}

const accountOf = (values: FormData): Account => ({
  provider: textOf(values, 'provider') as Provider,
  clientId: textOf(values, 'clientId') || null,
});

interface ChooseProps {
  readonly compared: Compared;
  readonly account: Account;
  readonly onAgain: () => void;
}

/** What the account has, with what is not here yet to choose from. */
function Choose({ compared, account, onAgain }: ChooseProps) {
  const { keySource, isComplete, error, found, missing } = compared;
  const isNew = found.filter(({ agent }) => agent === null).map(({ providerAgentId }) => providerAgentId);
  const [chosen, setChosen] = useState<readonly string[]>(isNew);
  return (
    <>
      <p>
        <strong>{providerName(account.provider)}</strong>{' '}
        {keySource ? text.imports.account[keySource] : text.imports.noKey}
      </p>
      {error && (
        <Note tone="bad">
          <p role="alert">{error.message}</p>
        </Note>
      )}
      {isComplete === false && <Note tone="warn">{text.imports.incomplete}</Note>}
      {isComplete !== null && (
        <ChangeForm
          mutation={IMPORT}
          submit={text.imports.import(chosen.length)}
          isOff={chosen.length === 0}
          inputOf={() => ({ ...account, providerAgentIds: [...chosen] })}
          said={({ created }) => <Imported created={created} account={account} />}
        >
          {(errorOf) => (
            <>
              <Found found={found} chosen={chosen} onChosen={setChosen} />
              <p class="error" role="alert">
                {errorOf('providerAgentIds')}
              </p>
            </>
          )}
        </ChangeForm>
      )}
      {missing.length > 0 && <Missing agents={missing} />}
      <div>
        <Button onClick={onAgain}>{text.imports.again}</Button>
      </div>
    </>
  );
}

interface FoundProps {
  readonly found: Compared['found'];
  readonly chosen: readonly string[];
  readonly onChosen: (ids: readonly string[]) => void;
}

function Found({ found, chosen, onChosen }: FoundProps) {
  const isChosen = new Set(chosen);
  const choose = (id: string, isOn: boolean) =>
    onChosen(isOn ? [...chosen, id] : chosen.filter((each) => each !== id));
  const news = found.flatMap(({ providerAgentId, agent }) => (agent ? [] : [providerAgentId]));
  if (found.length === 0) return <p>{text.imports.none}</p>;
  return (
    <fieldset class="card padded">
      <legend class="unseen">{text.imports.found(found.length)}</legend>
      <div class="actions">
        <strong>{text.imports.found(found.length)}</strong>
        <Button isOff={news.length === 0} onClick={() => onChosen(news)}>
          {text.imports.all}
        </Button>
        <Button isOff={chosen.length === 0} onClick={() => onChosen([])}>
          {text.imports.nothing}
        </Button>
      </div>
      <ul class="found">
        {found.map(({ providerAgentId, providerAgentKind, name, agent }) => (
          <li key={providerAgentId}>
            {agent ? (
              <>
                <Badge tone="plain">{text.imports.isHere}</Badge>
                <span>
                  <a href={`/agents/${agent.id}`}>{agent.name}</a>{' '}
                  <span class="fine">{agent.client?.name}</span>
                </span>
              </>
            ) : (
              <label class="check">
                <input
                  type="checkbox"
                  checked={isChosen.has(providerAgentId)}
                  onChange={({ currentTarget }) => choose(providerAgentId, currentTarget.checked)}
                />
                <span>{name}</span>
              </label>
            )}
            {providerAgentKind !== 'AGENT' && (
              <Badge tone="plain">{text.agentKinds[providerAgentKind]}</Badge>
            )}
            <code>{providerAgentId}</code>
          </li>
        ))}
      </ul>
    </fieldset>
  );
}

function Missing({ agents }: { agents: Compared['missing'] }) {
  return (
    <section class="card padded">
      <h2>{text.imports.missing}</h2>
      <p class="fine">{text.imports.missingHint}</p>
      <ul>
        {agents.map(({ id, name }) => (
          <li key={id}>
            <a href={`/agents/${id}`}>{name}</a>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** More forms than this are no page for anybody. */
const NUMBERED = 50;

function Imported({ created, account }: { created: readonly Created[]; account: Account }) {
  const answered = useFresh(() => numbersOf(account));
  return (
    <section class="card padded imported">
      <h2>{text.imports.created(created.length)}</h2>
      <ul>
        {created.map(({ id, name }) => (
          <li key={id}>
            <a href={`/agents/${id}`}>{name}</a>
          </li>
        ))}
      </ul>
      <Loaded of={answered} rows={2}>
        {({ numbers, error }) => (
          <>
            <h3>{text.imports.numbers}</h3>
            {error && <p class="error">{error.message}</p>}
            {numbers.length === 0
              ? !error && <p>{text.imports.noNumbers}</p>
              : created
                  .slice(0, NUMBERED)
                  .map((agent) => <ChooseNumber key={agent.id} agent={agent} numbers={numbers} />)}
            {created.length > NUMBERED && <p>{text.imports.moreLater(created.length - NUMBERED)}</p>}
          </>
        )}
      </Loaded>
    </section>
  );
}

interface ChooseNumberProps {
  readonly agent: Created;
  readonly numbers: Awaited<ReturnType<typeof numbersOf>>['numbers'];
}

/** The number to which the provider has bound the agent is proposed. */
function ChooseNumber({ agent: { id, name, providerAgentId }, numbers }: ChooseNumberProps) {
  const bound = numbers.find(({ providerAgentIds }) => providerAgentIds.includes(providerAgentId ?? ''));
  return (
    <ChangeForm
      mutation={UPDATE}
      inputOf={(values) => ({ agentId: id, fromNumber: textOf(values, 'fromNumber') || null })}
      said={() => text.imports.numberSaved(name)}
    >
      {(errorOf) => (
        <SelectField
          label={text.imports.number(name)}
          name="fromNumber"
          value={bound?.fromNumber ?? ''}
          options={[
            ['', text.imports.noNumber],
            ...numbers.map((number) => [number.fromNumber, wordsOf(number)] as const),
          ]}
          error={errorOf('fromNumber')}
        />
      )}
    </ChangeForm>
  );
}
