import type { PlacedCalls } from './placed-calls';
import type { StandInReply, StandInRequest } from './server';

const SAMPLES_PER_SECOND = 8000;
const HEADER_BYTES = 44;

/** Two seconds of a quiet tone, as a WAV file of one channel with 8 bits a sample. */
const TONE = wav(2 * SAMPLES_PER_SECOND);

function wav(samples: number): Buffer {
  const file = Buffer.alloc(HEADER_BYTES + samples);
  file.write('RIFF', 0);
  file.writeUInt32LE(file.length - 8, 4);
  file.write('WAVEfmt ', 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(SAMPLES_PER_SECOND, 24);
  file.writeUInt32LE(SAMPLES_PER_SECOND, 28);
  file.writeUInt16LE(1, 32);
  file.writeUInt16LE(8, 34);
  file.write('data', 36);
  file.writeUInt32LE(samples, 40);
  for (let at = 0; at < samples; at += 1)
    file[HEADER_BYTES + at] = Math.round(128 + 24 * Math.sin((2 * Math.PI * 220 * at) / SAMPLES_PER_SECOND));
  return file;
}

/** Answers with a recording, or with the part of it that the request names. */
export function recordingReply({ headers }: StandInRequest): StandInReply {
  const size = TONE.length;
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? '') ?? [];
  const common = { 'content-type': 'audio/wav', 'accept-ranges': 'bytes', etag: '"tone"' };
  if (from + to === '')
    return { status: 200, body: TONE, headers: { ...common, 'content-length': String(size) } };
  const first = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (first > last) return { status: 416, body: '', headers: { 'content-range': `bytes */${size}` } };
  return {
    status: 206,
    body: TONE.subarray(first, last + 1),
    headers: {
      ...common,
      'content-length': String(last + 1 - first),
      'content-range': `bytes ${first}-${last}/${size}`,
    },
  };
}

/** Where whoever knows the address may listen to a call, without any key. */
const OPEN_FILES = '/files/';

export function openFile(host: string | undefined, { secret }: { readonly secret: string }): string {
  return `http://${host}${OPEN_FILES}${secret}.wav`;
}

/** Answers a request for such a file. The result is null for every other request. */
export function openFileReply(request: StandInRequest, calls: PlacedCalls): StandInReply | null {
  if (!request.path.startsWith(OPEN_FILES)) return null;
  const secret = request.path.slice(OPEN_FILES.length).replace(/\.wav$/, '');
  return calls.bySecret(secret)?.wasHeld ? recordingReply(request) : { status: 404, body: {} };
}
