/** From the text of a frame to a typed request, or to the fault that it is. Everything in here is hostile until parsed. */
import * as v from 'valibot';
import { requestGuards, type EndpointPath, type Requests } from '../protocol/signaling';
import { ProtocolFault } from './failures';

/** The ids that each endpoint knows, out of its guard. */
const KNOWN_IDS = new Map<EndpointPath, ReadonlySet<string>>(
  Object.entries(requestGuards).map(([path, guard]) => [
    path as EndpointPath,
    new Set(guard.options.map((option) => option.entries.id.literal)),
  ]),
);

/** Throws a ProtocolFault, and nothing else. Messages begin as the tutorials' do: pages may compare that. */
export function parseRequest<P extends EndpointPath>(path: P, text: string): Requests[P] {
  const raw = parseJson(text);
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
    throw new ProtocolFault('bad-message', 'Invalid message: a JSON object with an "id" is expected.');
  const id = (raw as { id?: unknown }).id;
  if (typeof id !== 'string')
    throw new ProtocolFault('bad-message', 'Invalid message: its "id" is missing or no text.');
  if (!KNOWN_IDS.get(path)?.has(id))
    throw new ProtocolFault(
      'unknown-message',
      `Invalid message ${JSON.stringify(id.slice(0, 64))}: ${path} does not know it.`,
    );
  const parsed = v.safeParse(requestGuards[path], raw);
  // The guard of a path parses what Requests says of that path; the compiler does not follow the index.
  if (parsed.success) return parsed.output as Requests[P];
  throw faultOf(id, parsed.issues);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ProtocolFault('bad-message', 'Invalid message: it is no JSON.');
  }
}

function faultOf(
  id: string,
  issues: readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]],
): ProtocolFault {
  const issue = issues.find((candidate) => candidate.type === 'max_length') ?? issues[0];
  const field = v.getDotPath(issue) ?? 'its shape';
  if (issue.type === 'max_length')
    return new ProtocolFault('too-large', `Invalid message "${id}": "${field}" is longer than allowed.`);
  return new ProtocolFault(
    'bad-message',
    `Invalid message "${id}": "${field}" is missing or not what it should be.`,
  );
}
