import { plural } from './plural';

export * from './common';

export const calls = {
  title: 'Calls',
  to: 'To',
  key: 'Paid with',
  kind: 'Placed for',
  direction: 'Direction',
  origin: 'Came by',
  more: 'More filters',
  lasted: 'Lasted',
  lastedAndCost: 'Lasted, cost',
  total: (count: number) => `${plural(count, 'call', 'calls')} in the last 30 days`,
  noMatch: 'No call is like this',
  empty: 'No calls yet',
  emptyHint: 'Calls appear here as soon as an agent places one.',
  status: {
    QUEUED: 'Queued',
    RINGING: 'Ringing',
    IN_PROGRESS: 'In progress',
    COMPLETED: 'Completed',
    FAILED: 'Failed',
    NO_ANSWER: 'No answer',
    BUSY: 'Busy',
    CANCELED: 'Canceled',
    UNKNOWN: 'Unknown',
  },
  inbound: 'Inbound',
  kinds: { TEST: 'Test', LIVE: 'Everyday business' },
  directions: { OUTBOUND: 'The agent calls', INBOUND: 'The agent is called' },
  origins: {
    API: 'Latchkey’s API',
    GATEWAY: 'The gateway',
    PROVIDER: 'The provider itself',
  },
  costStatus: { PENDING: 'Not told yet', UNKNOWN: 'Not known' },
};

export const call = {
  back: 'Back to the calls',
  title: (isInbound: boolean, agent: string) => (isInbound ? `Call to ${agent}` : `Call by ${agent}`),
  says: {
    QUEUED: 'The provider has taken the call.',
    RINGING: 'It rings.',
    IN_PROGRESS: 'Somebody has answered.',
    COMPLETED: 'The call is over.',
    FAILED: 'The call did not come about.',
    NO_ANSWER: 'Nobody answered.',
    BUSY: 'The line was busy.',
    CANCELED: 'The call was given up before anybody answered.',
    UNKNOWN: 'The provider gave no clear answer: the call may have been placed.',
  },
  ends: {
    HUNG_UP_BY_CALLEE: 'The other side hung up.',
    HUNG_UP_BY_AGENT: 'The agent ended it.',
    TRANSFERRED: 'It was handed over to somebody else.',
    VOICEMAIL: 'A voicemail took it.',
    NO_ANSWER: 'Nobody answered.',
    BUSY: 'The line was busy.',
    DECLINED: 'It was declined.',
    INVALID_NUMBER: 'There is no such number, or it cannot be called.',
    MAX_DURATION: 'It reached the greatest length that it may have.',
    INACTIVITY: 'Nobody said anything for too long.',
    CANCELED: 'It was stopped.',
    PROVIDER_REFUSED: 'The provider did not take it on.',
    PROVIDER_FAULT: 'Something failed at the provider, or at whom it connects to.',
    OTHER: 'The provider gave another reason.',
  },
  status: 'How far it has come',
  endReason: 'Why it ended',
  number: 'Called number',
  providerCallId: 'ID at the provider',
  asked: 'Asked for',
  began: 'Began',
  ended: 'Ended',
  connected: (seconds: number) => {
    const minutes = Math.floor(seconds / 60);
    return seconds === 0
      ? 'Never connected'
      : [minutes > 0 && `${minutes.toLocaleString()} min`, `${seconds % 60} s`].filter(Boolean).join(' ');
  },
  cost: 'The provider takes',
  costSays: {
    PENDING: 'The provider tells it after the end of the call.',
    UNKNOWN: 'Nobody can tell it any more. That is not zero.',
  },
  version: (version: number) => `version ${version}`,
  otherAccount:
    'The call came from another account than the one that the chain gives for its agent. Its provider bills that account.',
  receipt: 'What decided who pays',
  noReceipt: 'The call is older than receipts.',
  resolved: (when: string) => `As it was on ${when}. It never changes.`,
  end: 'End the call',
  endTitle: 'End this call?',
  endHint: 'Whoever speaks is cut off. What it cost until then is paid.',
  wasEnded: (isGoingOn: boolean) =>
    isGoingOn ? 'The provider was told to end the call. It may take a moment.' : 'The call has ended.',
};

export const content = {
  title: 'What was said',
  hint: 'It is asked of the provider when you open it, and kept nowhere.',
  open: 'Show transcript and recording',
  transcript: 'Transcript',
  speakers: { Agent: 'Agent', Person: 'Person', 'Third party': 'Third party' },
  noTranscript: 'There is no transcript.',
  noTranscriptYet: 'There is no transcript yet. It appears here when the provider has it.',
  recording: 'Recording',
  noRecording: 'There is no recording.',
  noRecordingYet: 'There is no recording yet. It appears here when the provider has it.',
  fetching: 'The recording is being fetched.',
  openRecording: 'Open the recording',
  atProvider: 'It opens at the provider, whose link is good for a day at most.',
};
