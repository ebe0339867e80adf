import type { Measured } from '../analysis/check-runner.ts';
import { checkHttp } from '../analysis/source/http.ts';
import type { QueryOutcome } from '../analysis/source/prometheus.ts';
import type { Clock } from '../clock.ts';

const TIMEOUT_MS = 5_000;

/** An HTTP check as a measurement: the value in its answer, or how long it took in milliseconds. */
export async function measureHttp(
  { url, status, json }: { url: string; status: number; json: string | undefined },
  clock: Clock,
): Promise<Measured> {
  const http = {
    url,
    status: [status],
    timeoutMs: TIMEOUT_MS,
    ...(json === undefined ? {} : { jsonPath: json }),
  };
  const found = await checkHttp(http, clock);
  if (found.kind === 'error') return { kind: 'error', message: found.message };
  if (found.kind === 'failure') return { kind: 'failed', message: found.message };
  const value = json === undefined ? found.ms : Number(found.value);
  return Number.isFinite(value)
    ? { kind: 'value', value }
    : { kind: 'no data', message: `"${found.value}" is no number` };
}

/** What Prometheus answered, as a measurement. */
export function measuredOf(found: QueryOutcome): Measured {
  switch (found.kind) {
    case 'value':
      return { kind: 'value', value: found.value };
    case 'no-value':
      return { kind: 'no data', message: 'no value yet' };
    case 'not-a-number':
      return { kind: 'no data', message: `${found.value} is no number: most likely no requests yet` };
    default:
      return { kind: 'error', message: found.message };
  }
}
