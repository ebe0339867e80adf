import type { Clock } from '../../../clock.ts';
import { formatDuration } from '../../../duration.ts';
import { messageOf } from '../../../errors.ts';
import type { PromotionEvent } from '../../../events.ts';
import type { Outcome } from '../../../outcome.ts';
import type { ClusterView } from '../forecast/cluster-view.ts';
import type { Forecast } from '../forecast/forecast.ts';

/** Shorter than POLL_INTERVAL_MS, because users are on a bad release until this ends. */
const REVERT_POLL_MS = 500;

/**
 * Writes the images of before into the workloads that Keel updated, and waits for their rollout: Keel itself never goes back.
 *
 * @param image what Keel wrote: a workload that has something else by now is left to whoever did that
 * @returns aborted: production is as it was; stuck: a workload could not be brought back
 */
export async function* revert(
  forecasts: readonly Forecast[],
  view: ClusterView,
  { reason, image, timeoutMs }: { reason: string; image: string; timeoutMs: number },
  clock: Clock,
): AsyncGenerator<PromotionEvent, Outcome> {
  yield { type: 'down', reason };
  const faults: string[] = [];
  for (const { workload, containers } of forecasts) {
    try {
      const written = await view.putImages(workload, containers, image, `drone-promote: back from ${image}`);
      const before = containers.map((each) => each.image).join(', ');
      yield written
        ? { type: 'write', verb: 'update', object: workload.identifier, message: `${image} → ${before}` }
        : {
            type: 'note',
            message: `${workload.identifier} does not have ${image} any more: it is left as it is`,
          };
      if (!written) continue;
      const fault = await rolledBack(workload, view, timeoutMs, clock);
      if (fault !== undefined) faults.push(`${workload.identifier}: ${fault}`);
    } catch (error) {
      faults.push(`${workload.identifier}: ${messageOf(error)}`);
    }
  }
  if (faults.length > 0) {
    return {
      kind: 'stuck',
      reason: `${reason}\nThe way back failed: ${faults.join('; ').replace(/\.?$/, '.')}`,
      hints: forecasts.map(
        ({ workload }) => `kubectl -n ${workload.namespace} rollout undo ${workload.kind}/${workload.name}`,
      ),
      image,
    };
  }
  return {
    kind: 'aborted',
    reason: `${reason}\nProduction is as it was: the images of before are back, and rolled out.`,
    hints: [
      'Keel updates again at the next webhook of this image, and at its next poll where the workload is polled (keel.sh/trigger: poll).',
    ],
    image,
  };
}

/** @returns why it is not rolled out */
async function rolledBack(
  workload: Forecast['workload'],
  view: ClusterView,
  timeoutMs: number,
  clock: Clock,
): Promise<string | undefined> {
  const begun = clock.monotonic();
  for (;;) {
    const rollout = (await view.read(workload))?.rollout;
    if (!rollout) return 'it is gone';
    if (rollout.state === 'done') return undefined;
    if (rollout.state === 'failed') return rollout.message;
    if (clock.monotonic() - begun >= timeoutMs)
      return `${rollout.message}, after ${formatDuration(timeoutMs)}`;
    await clock.sleep(REVERT_POLL_MS);
  }
}
