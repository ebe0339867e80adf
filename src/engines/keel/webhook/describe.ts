import type { Answer } from './answer.ts';
import { isSecretName } from './endpoint.ts';
import type { KeelPlan, KeelRequest } from './requests.ts';

/** The lines of a plan: the requests and their addresses, with secrets hidden. */
export function planLines({ requests }: KeelPlan): string[] {
  return requests.flatMap(requestLines);
}

/** A request as `debug` shows it, with the names of all headers and without the secret values. */
export function requestLines(request: KeelRequest): string[] {
  const { auth, body, endpoint, headers, method } = request;
  const all = { ...headers, ...(auth === undefined ? {} : { Authorization: 'Basic' }) };
  return [`${method} ${endpoint.shown}`, ...headerLines(all), ...bodyLines(body)];
}

/** An answer as `debug` shows it. */
export function answerLines(answer: Answer, ms: number): string[] {
  const cut = answer.isCut ? ['(the rest is left out)'] : [];
  return [
    `answered ${answer.status} after ${Math.round(ms)} ms`,
    ...headerLines(answer.headers),
    ...bodyLines(answer.body),
    ...cut,
  ];
}

function headerLines(headers: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(headers).map(([name, value]) => `  ${name}: ${isSecretName(name) ? '***' : value}`);
}

function bodyLines(body: string): string[] {
  if (body === '') return ['  (no body)'];
  // Control characters in the answer of an unknown server could move the cursor of a terminal.
  return body.split(/\r?\n/).map((line) => `  | ${line.replace(/\p{Cc}/gu, ' ')}`);
}
