import type { IncomingMessage } from 'node:http';
import { downloadFrom, isUsableLink, type DownloadReply, type WantedPart } from '../vault/download';
import type { OutboundRequest } from '../vault/outbound';
import type { Recording } from './call-content';
import type { ProviderErrorCode } from './provider-errors';
import { isSuccess, type ProviderError } from './refusals';

/** The types under which a recording is handed on. Nothing else is: a browser might take it for a page. */
const AUDIO_TYPES: ReadonlySet<string> = new Set(
  ['aac', 'flac', 'mp3', 'mp4', 'mpeg', 'ogg', 'vnd.wave', 'wav', 'wave', 'webm', 'x-m4a', 'x-wav'].map(
    (name) => `audio/${name}`,
  ),
);
/** What a store says of a file of which it was told no type. Then the name of the file tells. */
const UNTYPED = /^(application|binary)\/octet-stream$/;
const TYPES_OF_NAMES: Readonly<Record<string, string>> = { wav: 'audio/wav', mp3: 'audio/mpeg' };

/** A recording as it comes in from the provider, or as much of it as was wanted. */
export interface OpenRecording {
  readonly status: 200 | 206 | 416;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: IncomingMessage;
}

/** `NOT_FOUND` means that the provider has no such file, or has it no more. */
export type RecordingAnswer = OpenRecording | 'NOT_FOUND' | ProviderError;

export interface RecordingSource {
  readonly baseUrl: string;
  readonly part: WantedPart;
  readonly limits: Parameters<typeof downloadFrom>[3];
  /** Sends a request with the key in it. */
  download(request: OutboundRequest): Promise<DownloadReply>;
}

/**
 * Opens a recording. A provider may answer a request by naming a link; it is used like one that stands in the
 * call, without the key. No other redirect is followed.
 */
export async function openRecording(recording: Recording, source: RecordingSource): Promise<RecordingAnswer> {
  if (recording.by === 'LINK') return openLink(recording.address, source);
  const reply = await source.download(recording.request);
  if (reply.kind === 'NO_ANSWER') return answerIn(reply, '', source.part);
  const { statusCode = 0, headers } = reply.body;
  if (statusCode < 300 || statusCode >= 400 || headers.location === undefined)
    return answerIn(reply, recording.request.path, source.part);
  reply.body.destroy();
  if (!URL.canParse(headers.location, source.baseUrl)) return errorOf('PROVIDER_FAULT', statusCode);
  return openLink(new URL(headers.location, source.baseUrl).href, source);
}

async function openLink(address: string, source: RecordingSource): Promise<RecordingAnswer> {
  const { baseUrl, part, limits } = source;
  if (!isUsableLink(address, baseUrl)) return errorOf('PROVIDER_FAULT', null);
  return answerIn(await downloadFrom(address, baseUrl, part, limits), new URL(address).pathname, part);
}

function answerIn(reply: DownloadReply, path: string, { range }: WantedPart): RecordingAnswer {
  if (reply.kind === 'NO_ANSWER')
    return errorOf(reply.reason === 'TIMEOUT' ? 'TIMEOUT' : 'UNREACHABLE', null);
  const { body } = reply;
  const { statusCode: status = 0, headers } = body;
  const type = audioTypeOf(headers['content-type'] ?? '', path);
  const isEncoded = (headers['content-encoding'] ?? 'identity') !== 'identity';
  // A part that nobody asked for would be taken for the whole.
  const mayBePart = range !== undefined;
  if ((status === 200 || (status === 206 && mayBePart)) && type !== null && !isEncoded)
    return { status, headers: { ...shownHeaders(body), 'content-type': type }, body };
  if (status === 416 && mayBePart) return { status, headers: shownHeaders(body), body };
  body.destroy();
  if (status === 404 || status === 410) return 'NOT_FOUND';
  return errorOf(codeOf(status), status);
}

function audioTypeOf(contentType: string, path: string): string | null {
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  if (AUDIO_TYPES.has(type)) return type;
  const [, ending = ''] = /\.(\w+)$/.exec(path.toLowerCase()) ?? [];
  return UNTYPED.test(type) && Object.hasOwn(TYPES_OF_NAMES, ending)
    ? (TYPES_OF_NAMES[ending] ?? null)
    : null;
}

const SHOWN = {
  'content-length': /^\d{1,15}$/,
  'content-range': /^bytes (\d{1,15}-\d{1,15}|\*)\/(\d{1,15}|\*)$/,
  'accept-ranges': /^(bytes|none)$/,
  etag: /^(W\/)?"[\x21\x23-\x7E]{0,200}"$/,
  'last-modified': /^[\w, :]{1,40}$/,
} as const;

/** Only these headers of the provider's are handed on, and only in these forms. */
function shownHeaders({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(SHOWN).flatMap(([name, form]) => {
      const value = headers[name];
      return typeof value === 'string' && form.test(value) ? [[name, value]] : [];
    }),
  );
}

function codeOf(status: number): ProviderErrorCode {
  if (status === 401) return 'KEY_INVALID';
  if (status === 429) return 'RATE_LIMITED';
  return isSuccess(status) || status >= 500 || status < 400 ? 'PROVIDER_FAULT' : 'INVALID_REQUEST';
}

function errorOf(code: ProviderErrorCode, httpStatus: number | null): ProviderError {
  return { code, httpStatus, retryAfterSeconds: null };
}
