import { useEffect, useState } from 'preact/hooks';
import { graphql } from '../api/graphql';
import { useFresh } from '../api/query';
import { fetchFile, request, type Failure } from '../api/request';
import * as text from '../text/calls';
import { LATE_MS, useFollowing } from '../ui/follow';
import { Loaded, Problem } from '../ui/page';
import { Button } from '../ui/parts';

const CONTENT = graphql(`
  query CallContent($id: ID!) {
    call(id: $id) {
      id
      transcript
      recordingUrl
    }
  }
`);

interface CallContentProps {
  readonly id: string;
  readonly endedAt: string | null;
}

/** What was said in a call. It is asked of the provider only when somebody opens it, and kept nowhere. */
export function CallContent(call: CallContentProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <section class="card padded content">
      <h2>{text.content.title}</h2>
      {isOpen ? (
        <ShowContent {...call} />
      ) : (
        <>
          <p class="fine">{text.content.hint}</p>
          <div>
            <Button onClick={() => setOpen(true)}>{text.content.open}</Button>
          </div>
        </>
      )}
    </section>
  );
}

function ShowContent({ id, endedAt }: CallContentProps) {
  const answered = useFresh(() => request(CONTENT, { id }));
  const shown = answered.data.value?.call;
  // A provider may have it only some minutes after the end. It is asked each time, and so not for an old call.
  const isEarly = endedAt !== null && Date.now() - Date.parse(endedAt) < LATE_MS;
  const isMissing = shown != null && (shown.transcript === null || shown.recordingUrl === null);
  useFollowing(isEarly && isMissing, String(shown?.transcript === null), answered.reload, LATE_MS);
  return (
    <Loaded of={answered} rows={3}>
      {({ call }) => (
        <>
          {call?.recordingUrl ? (
            <Recording url={call.recordingUrl} />
          ) : (
            <p class="fine">{isEarly ? text.content.noRecordingYet : text.content.noRecording}</p>
          )}
          {call?.transcript ? (
            <Transcript words={call.transcript} />
          ) : (
            <p class="fine">{isEarly ? text.content.noTranscriptYet : text.content.noTranscript}</p>
          )}
        </>
      )}
    </Loaded>
  );
}

function Transcript({ words }: { words: string }) {
  return (
    <ol class="transcript" aria-label={text.content.transcript}>
      {words.split('\n').map((line, at) => {
        const [, speaker, said = line] = /^(Agent|Person|Third party): (.*)$/.exec(line) ?? [];
        return (
          <li key={at} class={speaker === 'Agent' ? 'agent' : undefined}>
            {speaker !== undefined && <strong>{text.content.speakers[speaker as Speaker]}</strong>} {said}
          </li>
        );
      })}
    </ol>
  );
}

type Speaker = keyof typeof text.content.speakers;

/** A link of the provider's opens at the provider; what is handed on here takes the token of whoever listens. */
function Recording({ url }: { url: string }) {
  const { pathname } = new URL(url, location.origin);
  if (/^\/calls\/[^/]+\/recording$/.test(pathname)) return <OwnRecording path={pathname} />;
  return (
    <p>
      <a class="button" href={url} target="_blank" rel="noreferrer">
        {text.content.openRecording}
      </a>{' '}
      <span class="fine">{text.content.atProvider}</span>
    </p>
  );
}

function OwnRecording({ path }: { path: string }) {
  const [source, setSource] = useState<string | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  useEffect(() => {
    const leaving = new AbortController();
    let made: string | null = null;
    fetchFile(path, leaving.signal).then(
      (file) => {
        if (!leaving.signal.aborted) setSource((made = URL.createObjectURL(file)));
      },
      (why: unknown) => !leaving.signal.aborted && setFailure(why as Failure),
    );
    return () => {
      leaving.abort();
      if (made !== null) URL.revokeObjectURL(made);
    };
  }, [path]);
  if (failure) return <Problem failure={failure} />;
  if (source === null) return <p role="status">{text.content.fetching}</p>;
  return <audio controls src={source} aria-label={text.content.recording} />;
}
