/** What an agency's own systems are told of, with the words of the schema's descriptions. */
export const MESSAGE_TYPES = {
  ALERT_OPENED: 'An alert was raised.',
  ALERT_CLOSED: 'The cause of an alert is gone.',
  CALL_ENDED: 'A call has ended, or could not be placed. Its cost may become known later.',
  HAND_IN_RECEIVED: 'A key was handed in for a client.',
  API_KEY_SET: 'A key was set, or replaced by another.',
  API_KEY_CLEARED: 'A key was cleared.',
} as const;

export type MessageType = keyof typeof MESSAGE_TYPES;

export const MESSAGE_TYPE_NAMES = Object.keys(MESSAGE_TYPES) as MessageType[];

/** How each type is called in the messages themselves: words between full stops. */
const SENT_AS: Readonly<Record<MessageType, string>> = {
  ALERT_OPENED: 'alert.opened',
  ALERT_CLOSED: 'alert.closed',
  CALL_ENDED: 'call.ended',
  HAND_IN_RECEIVED: 'hand_in.received',
  API_KEY_SET: 'api_key.set',
  API_KEY_CLEARED: 'api_key.cleared',
};

/** Something that has happened, of which an agency may want to be told. */
export interface Announcement {
  readonly agencyId: string;
  readonly type: MessageType;
  /** When it happened. */
  readonly at: Date;
  /**
   * Ids, codes and numbers, by which the receiver asks for more. It never holds a key, a mask, a name, or a
   * phone number.
   */
  readonly data: Readonly<Record<string, string | number | boolean | null>>;
}

/** Returns the body of the message, as it is signed and sent. */
export function bodyOf({ agencyId, type, at, data }: Announcement): string {
  return JSON.stringify({ type: SENT_AS[type], timestamp: at.toISOString(), data: { agencyId, ...data } });
}
